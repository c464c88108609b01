// SPDX-License-Identifier: Apache-2.0
// By what a secret is recognised before anybody knows what the text means: the name in front of it (password, sasl.*,
// a variable, also misspelt and in any case), or its own form (user:password@host, password=..., a private key). Errs
// on the side of silence: what is called a secret may be none. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace sluice::engine {

// Whether what stands behind a key, variable or anchor of this name may be a secret.
bool names_secret(std::string_view name);

// Whether the value shows by its own form that it holds a secret.
bool looks_secret(std::string_view value);

// The parts of a value that must not be quoted either, each at least `least_part` bytes: of user:password@host and of
// password=... what stands there for the password; of any other value, the value and its words.
std::vector<std::string> secret_parts(std::string_view value);
constexpr std::size_t least_part = 4;

constexpr std::string_view secret_mark = "***";

// The text of a file or a server as a sentence quotes it: in quotes, safe to show, cut at a character, and "***" when
// it looks like a secret.
std::string quoted(std::string_view text, std::size_t most_characters = 60);

}  // namespace sluice::engine
