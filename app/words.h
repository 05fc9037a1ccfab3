// Options that take words from a list.
#pragma once

#include <CLI/CLI.hpp>
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

// A value of an option that has only these.
inline CLI::Validator one_of(std::vector<std::string> words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "{" : ",") + word;
  const auto check = [words = std::move(words)](const std::string& word) -> std::string {
    if (std::find(words.begin(), words.end(), word) != words.end()) return "";
    const std::string meant = suggestion(word, words);
    return "there is no '" + word + "'" + (meant.empty() ? " (there are " + joined(words) + ")" : meant);
  };
  return {check, list + "}", "one of"};
}

}  // namespace quince::app
