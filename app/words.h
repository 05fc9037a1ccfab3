// Options that take words from a list.
#pragma once

#include <CLI/Error.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "app/nearest.h"

namespace quince::app {

// Where the word is among the names. Otherwise throws an error that names the nearest; `what` a name is.
inline std::size_t place_in(const std::vector<std::string>& names, const std::string& word,
                            const std::string& option, const std::string& what) {
  const auto found = std::find(names.begin(), names.end(), word);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  const std::string meant = suggestion(word, names);
  throw CLI::ValidationError(option, "there is no " + what + " '" + word + "'" +
                                         (meant.empty() ? " (there are " + joined(names) + ")" : meant));
}

}  // namespace quince::app
