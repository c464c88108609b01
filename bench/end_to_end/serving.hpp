// SPDX-License-Identifier: Apache-2.0
// A websocket server for one client, as little as a source of load needs: listens on a free port of the loopback,
// answers the first upgrade, and writes what it is given. Looks at nothing the client sends after, and handles no error
// but by giving up.
#pragma once
#include <cstdint>
#include <string_view>

namespace sluice::bench {

[[noreturn]] void give_up(const char* what);
int listen_on_loopback(uint16_t& port);
/// Waits for the client and answers its upgrade.
int accept_client(int listener);
void write_all(int fd, std::string_view bytes);
/// Returns when the client's kernel has taken all that was written.
void wait_until_taken(int fd);

}  // namespace sluice::bench
