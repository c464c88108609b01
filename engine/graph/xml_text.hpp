// SPDX-License-Identifier: Apache-2.0
// Text that may stand in XML or HTML, also between quotes; what is not allowed there becomes a question mark.
#pragma once
#include <string>
#include <string_view>

namespace sluice::engine {

std::string xml_escaped(std::string_view text);

}  // namespace sluice::engine
