// SPDX-License-Identifier: Apache-2.0
// A self-signed certificate for this run, with its key, both as PEM text.
// Valid for a day from an hour ago, for localhost, 127.0.0.1, ::1 and the host given.
// Nothing is written to disk here.
#pragma once
#include <string>

#include "outcome.hpp"

namespace sluice::sim {

struct Certificate {
  std::string certificate_pem;
  std::string key_pem;
};

Outcome<Certificate> make_certificate(const std::string& host);
Outcome<Certificate> read_certificate(const std::string& certificate_path, const std::string& key_path);

}  // namespace sluice::sim
