// SPDX-License-Identifier: Apache-2.0
// A record as one line of text: its payload alone, or an envelope, a JSON object with the payload, what a dead letter
// says of it, its receive time and attributes. A line is always one line, and an envelope always valid JSON, whatever
// the payload's bytes are; what is no text goes as base64 under a key of its own, so no byte is lost.
#pragma once
#include <simdjson.h>

#include <string>
#include <vector>

#include "sluice/config.hpp"
#include "sluice/context.hpp"

namespace sluice::flow {

class LineFormat {
 public:
  /// `attributes` is a list of names, only for envelopes. To be called in open.
  LineFormat(Context context, bool is_envelope, Config attributes);
  /// Appends the line and its newline.
  void append(const Record& record, std::string& out);

 private:
  void append_envelope(const Record& record, std::string& out);
  void append_payload(std::string_view payload, std::string& out);
  void append_attributes(const Record& record, std::string& out);
  static void append_text_member(const char* key, std::string_view text, std::string& out);

  struct Named {
    std::string name;
    int32_t slot;
  };
  const bool is_envelope_;
  const int32_t reason_slot_;
  const int32_t code_slot_;
  const int32_t node_slot_;
  std::vector<Named> attributes_;
  simdjson::dom::parser parser_;
};

}  // namespace sluice::flow
