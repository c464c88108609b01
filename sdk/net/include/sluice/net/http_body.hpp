// SPDX-License-Identifier: Apache-2.0
// The body of an HTTP answer as it comes, piece by piece: by Content-Length, in chunks, or until the connection ends
// (RFC 9112, 6.3). Where the pieces are cut never matters. Keeps at most as many bytes as it is told to. A length that
// is not one is an error and never a guess, because what follows a wrong end would be read as the next answer.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/net/http_head.hpp"

namespace sluice::net {

class HttpBodyReader {
 public:
  enum class State {
    more,     ///< wanted
    whole,    ///< nothing of it will come any more
    cut,      ///< the connection ended before it was whole
    broken,   ///< its end cannot be known: see why
    too_big,  ///< larger than is kept
  };

  /// `to_head`: the answer to a HEAD request, which has no body whatever its fields say.
  HttpBodyReader(const HttpHead& head, bool to_head, uint64_t most_bytes);

  /// Takes what belongs to the body, and says how many bytes that are.
  size_t take(std::string_view received);
  /// Nothing more comes.
  void end();

  State state() const { return state_; }
  /// Another answer may come over the same connection.
  bool ends_by_itself() const { return part_ != Part::until_end; }
  /// Of `broken`: the end of a sentence.
  const std::string& why() const { return why_; }
  std::string take_bytes() { return std::move(bytes_); }

 private:
  enum class Part { counted, chunk_size, chunk, chunk_end, trailer, until_end };

  void choose_part(const HttpHead& head);
  void fail(std::string why);
  size_t take_bytes_of(std::string_view received, uint64_t most);
  size_t take_line(std::string_view received);
  void on_line(std::string_view line);

  State state_ = State::more;
  Part part_ = Part::counted;
  uint64_t most_bytes_;
  uint64_t left_ = 0;  ///< of the body or of the chunk
  std::string line_;   ///< one that has not ended
  uint64_t trailer_bytes_ = 0;
  std::string bytes_;
  std::string why_;
};

}  // namespace sluice::net
