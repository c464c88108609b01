// SPDX-License-Identifier: Apache-2.0
#include "charset.hpp"

#include <iconv.h>

#include <algorithm>
#include <cerrno>

#include "sluice/net/authority.hpp"

namespace sluice::net {
namespace {

struct Known {
  std::string_view said;  ///< lower case
  const char* converter;  ///< as iconv knows it
};

// As browsers do, Latin-1 and ASCII are read as the Windows code page that holds more.
constexpr Known known[] = {
    {"iso-8859-1", "CP1252"},     {"latin1", "CP1252"},         {"us-ascii", "CP1252"},
    {"ascii", "CP1252"},          {"iso-8859-2", "ISO-8859-2"}, {"iso-8859-5", "ISO-8859-5"},
    {"iso-8859-7", "ISO-8859-7"}, {"iso-8859-9", "CP1254"},     {"iso-8859-15", "ISO-8859-15"},
    {"windows-1250", "CP1250"},   {"windows-1251", "CP1251"},   {"windows-1252", "CP1252"},
    {"windows-1253", "CP1253"},   {"windows-1254", "CP1254"},   {"windows-1255", "CP1255"},
    {"windows-1256", "CP1256"},   {"windows-1257", "CP1257"},   {"windows-1258", "CP1258"},
    {"koi8-r", "KOI8-R"},         {"koi8-u", "KOI8-U"},         {"gbk", "GB18030"},
    {"gb2312", "GB18030"},        {"gb18030", "GB18030"},       {"big5", "BIG5"},
    {"shift_jis", "CP932"},       {"euc-jp", "EUC-JP"},         {"euc-kr", "CP949"},
    {"utf-16", "UTF-16"},         {"utf-16le", "UTF-16LE"},     {"utf-16be", "UTF-16BE"},
};

const char* converter_for(std::string_view charset) {
  const std::string lower = ascii_lower(charset);
  const auto* found = std::find_if(std::begin(known), std::end(known), [&](auto& each) { return each.said == lower; });
  return found == std::end(known) ? nullptr : found->converter;
}

std::string convert(iconv_t converter, std::string_view bytes) {
  std::string in(bytes);
  std::string out;
  char* from = in.data();
  size_t left = in.size();
  while (left > 0) {
    char piece[256];
    char* to = piece;
    size_t room = sizeof piece;
    const size_t result = ::iconv(converter, &from, &left, &to, &room);
    const int why = errno;
    out.append(piece, to);
    if (result != static_cast<size_t>(-1)) break;
    if (why == E2BIG) continue;
    if (why != EILSEQ) break;  // the last character is cut
    out += "\xEF\xBF\xBD";
    ++from;
    --left;
  }
  return out;
}

}  // namespace

std::string to_utf8(std::string_view bytes, std::string_view charset) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (bytes.substr(0, byte_order_mark.size()) == byte_order_mark) {
    return std::string(bytes.substr(byte_order_mark.size()));
  }
  const char* name = converter_for(charset);
  if (name == nullptr) return std::string(bytes);
  const iconv_t converter = ::iconv_open("UTF-8", name);
  if (converter == reinterpret_cast<iconv_t>(-1)) return std::string(bytes);
  std::string out = convert(converter, bytes);
  ::iconv_close(converter);
  return out;
}

}  // namespace sluice::net
