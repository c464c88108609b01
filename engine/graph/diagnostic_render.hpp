// SPDX-License-Identifier: Apache-2.0
// Diagnostics as text for people (`file:line:column: error[code]: ...` with the source line and a caret) and as JSON
// for editors and CI. Secrets are masked and characters that move or hide others replaced, in sentences and in the
// lines that are shown. Writes to strings only.
#pragma once
#include <string>
#include <string_view>

#include "diagnostic.hpp"
#include "source_text.hpp"

namespace sluice::engine {

std::string render_text(const Diagnostics& diagnostics, const SourceText& source);
// {"file":...,"errors":N,"warnings":N,"left_out":N,"diagnostics":[{"code","severity","line","column",...}]}
std::string render_json(const Diagnostics& diagnostics, const SourceText& source);

std::string_view severity_word(Severity severity);
// A sentence about the graph as it may be shown: without its secrets, safe for a terminal.
std::string shown_text(const Diagnostics& diagnostics, std::string_view text);

}  // namespace sluice::engine
