// SPDX-License-Identifier: Apache-2.0
#include "repair_probe.hpp"

#include "repair_rows.hpp"
#include "rest_verdict.hpp"
#include "sluice/net/http_client.hpp"
#include "sluice/net/lone_host.hpp"

namespace sluice::binance {
namespace {

constexpr uint64_t body_limit = 64 * 1024;

constexpr const char* meanwhile = "; the graph runs, and what it misses stays missing until the REST interface answers";

/// A state of the exchange, or of this place, and no mistake of the graph.
bool is_of_exchange(int status) { return status == 418 || status == 429 || status == 451 || status >= 500; }

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
  if (!answer) {
    const Error& error = answer.error();
    const bool is_away = error.category == Category::transient && error.code != name_of(net::Cause::tls);
    return is_away ? description.warning(where, error.message + meanwhile) : description.problem(where, error.message);
  }
  if (!answer->is_success()) {
    const std::string sentence = answer->refusal(&rest_advice);
    return is_of_exchange(answer->head.status) ? description.warning(where, sentence + meanwhile)
                                               : description.problem(where, sentence);
  }
  if (!is_server_time(answer->body)) {
    description.problem(where, answer->place + ": the answer to " + request.target +
                                   " is not the exchange's time; does the url lead to the exchange's REST interface?");
  }
}

}  // namespace sluice::binance
