// Values of options: words from a list, and times.
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

// A time of the host's in seconds: more than 0, and little enough to be counted in nanoseconds.
inline CLI::Validator seconds() {
  const auto check = [](const std::string& text) -> std::string {
    constexpr double most = 1e9;
    double value = 0;
    if (CLI::detail::lexical_cast(text, value) && value > 0 && value <= most) return "";
    return "'" + text + "' is no time between 0 and 1000000000 seconds";
  };
  return {check, "", "seconds"};
}

}  // namespace quince::app
