// SPDX-License-Identifier: Apache-2.0
// Text of another charset as UTF-8, for sentences. Only charsets that web pages are written in: the name comes from the
// other side, and a converter is loaded by it. What does not convert becomes U+FFFD; of any other charset, and with
// none, the bytes are taken for UTF-8.
#pragma once
#include <string>
#include <string_view>

namespace sluice::net {

std::string to_utf8(std::string_view bytes, std::string_view charset);

}  // namespace sluice::net
