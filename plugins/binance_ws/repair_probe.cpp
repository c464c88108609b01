// SPDX-License-Identifier: Apache-2.0
#include "repair_probe.hpp"

#include "repair_rows.hpp"
#include "rest_verdict.hpp"
#include "sluice/net/http_client.hpp"
#include "sluice/net/lone_host.hpp"

namespace sluice::binance {
namespace {

constexpr uint64_t body_limit = 64 * 1024;

/// A state of the exchange or of this address that passes by itself.
bool passes(int status) { return status == 418 || status == 429 || status >= 500; }

}  // namespace

void probe_repair(const RepairOptions& options, SSL_CTX* tls, int64_t limit_ns, Config repair,
                  Description& description) {
  const Config where = repair["rest"];
  const Context context = net::lone_context();
  Result<net::Waker> waker = net::Waker::make();
  if (!waker) return description.problem(where, waker.error().message);
  net::HttpClient client(context, rest_route(options, tls), *std::move(waker),
                         {net::max_response_head_bytes, body_limit});
  net::HttpRequest request;
  request.target = options.endpoint.path + "/api/v3/time";
  const Result<net::HttpAnswer> answer = client.exchange(request, context.monotonic_ns() + limit_ns);
  if (!answer) return description.problem(where, answer.error().message);
  if (!answer->is_success()) {
    const std::string sentence = answer->refusal(&rest_advice);
    return passes(answer->head.status) ? description.warning(where, sentence) : description.problem(where, sentence);
  }
  if (!is_server_time(answer->body)) {
    description.problem(where, answer->place + ": the answer to " + request.target +
                                   " is not the exchange's time; does the url lead to the exchange's REST interface?");
  }
}

}  // namespace sluice::binance
