// SPDX-License-Identifier: Apache-2.0
// Bytes as base64, with padding and without line ends. Pure.
#pragma once
#include <openssl/evp.h>

#include <string>
#include <string_view>

namespace sluice::net {

inline std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int written =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(written));
  return out;
}

}  // namespace sluice::net
