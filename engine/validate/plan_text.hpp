// SPDX-License-Identifier: Apache-2.0
// What `sluice validate` and `sluice run --dry-run` say: every problem and note with its place, and of a good graph the
// guarantee of each segment, the stages and the memory bound. As text for people, and as one line of JSON for editors
// and CI, in the same order. Writes to strings only; secrets never show.
#pragma once
#include <cstdint>
#include <string>

#include "graph/diagnostic.hpp"
#include "graph/source_text.hpp"
#include "validate/plan_graph.hpp"

namespace sluice::engine {

/// Brief: problems, and the one line that sums up.
enum class TextLength : uint8_t { whole, brief };

std::string plan_text(const Planned& planned, const Diagnostics& diagnostics, const SourceText& source,
                      TextLength length = TextLength::whole);
/// {"file":...,"valid":true,"diagnostics":{...},"notes":[...],"plan":{"segments":[...],"stages":[...],...}}
std::string plan_json(const Planned& planned, const Diagnostics& diagnostics, const SourceText& source);

/// "at least once": for people, where `word` is for files.
std::string guarantee_text(Guarantee guarantee);

}  // namespace sluice::engine
