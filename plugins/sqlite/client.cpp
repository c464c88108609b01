// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

namespace sluice::sqlite {

Client::Client(Context with, Settings what)
    : context(with),
      settings(std::move(what)),
      extractor(settings.mapping),
      origin(context),
      inserted(context.counter("rows_inserted_total", "Rows that were stored.")),
      already_there(context.counter("rows_already_there_total", "Rows that the unique index held already.")),
      different(context.counter("rows_different_total",
                                "Rows whose key was there already, with other values; counted as already there, too.")),
      refused(context.counter("rows_refused_total", "Rows that the mapping or the database refused.")),
      transactions(context.counter("transactions_total", "Transactions with rows of this node.")),
      retries(context.counter("retries_total", "Attempts that were rolled back and made again.")) {}

}  // namespace sluice::sqlite
