// SPDX-License-Identifier: Apache-2.0
// A real PgBouncer between a test and its server, on a free port of loopback: what stands in front of many databases.
// It ends with the object.
#pragma once
#include <sys/types.h>

#include <string>

namespace timescale_test {

class Pooler {
 public:
  /// `mode`: transaction or session; with so many connections to the server at most. `server` is the server's URL.
  Pooler(const std::string& server, const std::string& mode, int connections);
  Pooler(const Pooler&) = delete;
  ~Pooler();
  /// False, and said so, where there is no PgBouncer.
  static bool is_at_hand();
  const std::string& url() const { return url_; }

 private:
  std::string folder_, url_;
  pid_t process_ = -1;
};

}  // namespace timescale_test
