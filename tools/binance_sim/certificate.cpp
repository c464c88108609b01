// SPDX-License-Identifier: Apache-2.0
#include "certificate.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

namespace sluice::sim {
namespace {

template <typename T, void (*release)(T*)>
struct Release {
  void operator()(T* held) const { release(held); }
};
void free_bio(BIO* bio) { BIO_free(bio); }

using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY, EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Release<X509, X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION, X509_EXTENSION_free>>;
using Bio = std::unique_ptr<BIO, Release<BIO, free_bio>>;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

bool add_extension(X509* certificate, int kind, const std::string& value) {
  const Extension extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

std::string alternative_names(const std::string& host) {
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1";
  boost::system::error_code not_an_address;
  const auto address = boost::asio::ip::make_address(host, not_an_address);
  if (not_an_address) {
    if (host != "localhost") names += ",DNS:" + host;
  } else if (!address.is_loopback() && !address.is_unspecified()) {
    names += ",IP:" + host;
  }
  return names;
}

bool fill(X509* certificate, EVP_PKEY* key, const std::string& host) {
  unsigned char serial[8];
  if (RAND_bytes(serial, sizeof serial) != 1) return false;
  serial[0] &= 0x7f;
  std::uint64_t number = 0;
  std::memcpy(&number, serial, sizeof number);
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* subject = reinterpret_cast<const unsigned char*>("binance_sim");
  return X509_set_version(certificate, 2) == 1 &&
         ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), number >> 1) == 1 &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), 24 * 3600) != nullptr &&
         X509_set_pubkey(certificate, key) == 1 &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, subject, -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1 &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE") &&
         add_extension(certificate, NID_subject_alt_name, alternative_names(host)) &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

Outcome<std::string> read_text(const std::string& path, const char* what) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Failure{exit_file, fmt::format("cannot read the {} {}: {}", what, path, std::strerror(errno))};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

Outcome<Certificate> make_certificate(const std::string& host) {
  const Failure failure{1, "OpenSSL could not make a self-signed certificate; give one with --cert and --key"};
  const Key key(EVP_EC_gen("P-256"));
  const Cert certificate(X509_new());
  if (!key || !certificate || !fill(certificate.get(), key.get(), host)) return failure;
  const Bio certificate_text(BIO_new(BIO_s_mem()));
  const Bio key_text(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1 ||
      PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return failure;
  return Certificate{text_of(certificate_text.get()), text_of(key_text.get())};
}

Outcome<Certificate> read_certificate(const std::string& certificate_path, const std::string& key_path) {
  Outcome<std::string> certificate = read_text(certificate_path, "certificate (--cert)");
  if (!certificate) return certificate.failure();
  Outcome<std::string> key = read_text(key_path, "key (--key)");
  if (!key) return key.failure();
  return Certificate{std::move(*certificate), std::move(*key)};
}

}  // namespace sluice::sim
