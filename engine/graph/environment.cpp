// SPDX-License-Identifier: Apache-2.0
#include "environment.hpp"

#include <cstdlib>
#include <utility>

#include "sluice/small_file.hpp"

namespace sluice::engine {
namespace {

constexpr std::size_t max_secret_bytes = 64 * 1024;

ParseProblem unreadable(const std::string& path, const std::string& reason) {
  return {Code::unreadable_secret, "cannot read ${file:" + path + "}: " + reason};
}

Parsed<std::string> read_secret(const std::string& path) {
  Result<std::string> text = read_small_file(path, max_secret_bytes + 1);
  if (!text) return unreadable(path, text.error().message);
  if (text->size() > max_secret_bytes) return unreadable(path, "it is larger than 64KiB");
  if (text->ends_with('\n')) text->pop_back();
  if (text->ends_with('\r')) text->pop_back();
  return *std::move(text);
}

}  // namespace

Environment process_environment() {
  return {[](const std::string& name) -> std::optional<std::string> {
            const char* const value = std::getenv(name.c_str());
            if (value == nullptr) return std::nullopt;
            return std::string(value);
          },
          read_secret};
}

Environment fixed_environment(std::map<std::string, std::string> variables, std::map<std::string, std::string> files) {
  return {[variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            if (found == variables.end()) return std::nullopt;
            return found->second;
          },
          [files = std::move(files)](const std::string& path) -> Parsed<std::string> {
            const auto found = files.find(path);
            if (found == files.end()) return unreadable(path, "No such file or directory");
            return found->second;
          }};
}

}  // namespace sluice::engine
