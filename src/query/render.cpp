#include "query/render.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

namespace query {

namespace {

constexpr std::size_t rows_between_yields = 1'024;  // counting and rendering this many stays far below 1 ms of loop lag
constexpr std::size_t bytes_between_yields = std::size_t{64} * 1024;

/// How much was done since others could run.
class Turn {
public:
    explicit Turn(const RowSink& sink) : sink_{sink}, bytes_{sink.bytes()} {}
    bool is_over() {
        ++rows_;
        return rows_ >= rows_between_yields || sink_.bytes() >= bytes_ + bytes_between_yields;
    }
    void restart() {
        rows_ = 0;
        bytes_ = sink_.bytes();
    }

private:
    const RowSink& sink_;
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
    Turn turn{sink};
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
