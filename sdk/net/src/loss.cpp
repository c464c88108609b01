// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/loss.hpp"

namespace sluice::net {

std::string_view name_of(Cause cause) {
  switch (cause) {
    case Cause::unreachable:
      return "unreachable";
    case Cause::proxy:
      return "proxy";
    case Cause::tls:
      return "tls";
    case Cause::refused:
      return "refused";
    case Cause::silent:
      return "silent";
    case Cause::cut:
      return "cut";
    case Cause::protocol:
      return "protocol";
    case Cause::too_big:
      return "too_big";
    case Cause::cancelled:
      return "cancelled";
  }
  return "unknown";
}

}  // namespace sluice::net
