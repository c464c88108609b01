// SPDX-License-Identifier: Apache-2.0
// Takes the bytes a client sent apart into messages: unmasks, joins fragments, lets control frames pass between them.
// Guarantees bounded memory: what is larger than `longest_message` is an error, as is an unmasked frame.
// Answers nothing and knows no socket.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "frames.hpp"

namespace sluice::sim {

struct ClientMessage {
  Opcode opcode = Opcode::text;
  std::string payload;
};

class ClientFrames {
 public:
  static constexpr std::size_t longest_message = 1 << 16;

  // Appends what became complete. False: the client broke the protocol; error_code() says how to close.
  bool feed(std::string_view bytes, std::vector<ClientMessage>& messages);
  unsigned error_code() const { return error_code_; }

 private:
  bool take_frame(std::vector<ClientMessage>& messages, bool& taken);

  std::string pending_;
  std::string joined_;
  bool joining_ = false;
  Opcode joined_opcode_ = Opcode::text;
  unsigned error_code_ = 0;
};

}  // namespace sluice::sim
