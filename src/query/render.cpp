#include "query/render.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace query {

namespace {

// Counting and rendering so much stays below 1 ms of loop lag.
constexpr std::size_t rows_between_yields = 1'024;
constexpr std::size_t cells_between_yields = 16'384;
constexpr std::size_t bytes_between_yields = std::size_t{64} * 1024;

/// How much was done since others could run.
class Turn {
public:
    Turn(const RowSink& sink, std::size_t columns)
        : sink_{sink},
          most_rows_{std::min(rows_between_yields, cells_between_yields / std::max<std::size_t>(columns, 1))},
          bytes_{sink.bytes()} {}
    bool is_over() {
        ++rows_;
        return rows_ >= most_rows_ || sink_.bytes() >= bytes_ + bytes_between_yields;
    }
    void restart() {
        rows_ = 0;
        bytes_ = sink_.bytes();
    }

private:
    const RowSink& sink_;
    const std::size_t most_rows_;
    std::size_t rows_ = 0;
    std::size_t bytes_;
};

}  // namespace

async::Task<void> let_others_run(async::Call& call) {
    co_await boost::asio::post(call.worker().executor(), boost::asio::use_awaitable_t<async::Executor>{});
}

async::Task<base::Result<Read>> read_rows(async::Call& call, backend::ResultSet& result, Selection& selection,
                                          RowSink& sink, ReadOptions options) {
    Read read;
    std::uint64_t seen = 0;
    std::vector<backend::Cell> cells;
    Turn turn{sink, result.columns().size()};
    for (bool first = true;; first = false) {
        if (!first && call.wants_progress()) {
            call.report(
                {.progress = static_cast<double>(seen), .total = {}, .message = fmt::format("{} rows read", seen)});
        }
        auto batch = co_await result.next(call);
        if (!batch) co_return base::fail(std::move(batch.error()));
        if (*batch == nullptr) break;
        const std::size_t rows = (*batch)->rows();
        for (std::size_t row = 0; row < rows; ++row) {
            if (turn.is_over()) {
                co_await let_others_run(call);
                if (call.stopped()) co_return base::fail(call.stopped_error(base::Stage::result));
                turn.restart();
            }
            if (!selection.take(**batch, row, cells)) continue;
            if (seen++ < options.skip || read.ended == Ended::full) continue;
            if (!sink.add(cells)) {
                read.ended = Ended::full;
                if (!options.count_all) {
                    if (!selection.filters()) read.total = result.total_rows();
                    co_return read;
                }
            }
        }
    }
    read.total = seen;
    co_return read;
}

}  // namespace query
