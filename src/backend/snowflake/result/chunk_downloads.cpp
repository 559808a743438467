#include "backend/snowflake/result/chunk_downloads.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace backend::snowflake {
namespace {

std::function<double()> own_generator() {
    return [engine = std::minstd_rand{std::random_device{}()}]() mutable {
        return std::uniform_real_distribution<double>{0, 1}(engine);
    };
}

ChunkFailure final_failure(base::Error error) { return {.error = std::move(error), .cure = ChunkFailure::Cure::none}; }

}  // namespace

ChunkDownloads::ChunkDownloads(std::vector<Chunk> chunks, HeaderList headers, const ResultParts& parts,
                               std::optional<std::uint64_t> rows_wanted)
    : chunks_{std::move(chunks)},
      headers_{std::move(headers)},
      tasks_{*parts.tasks},
      memory_{*parts.memory},
      source_{parts.chunks},
      random_{parts.random ? parts.random : own_generator()},
      look_ahead_{parts.look_ahead},
      slots_(chunks_.size()) {
    std::uint64_t before = 0;
    for (const Chunk& chunk : chunks_) {
        if (rows_wanted && before >= *rows_wanted) break;
        before += chunk.rows;
        ++wanted_;
    }
}

std::size_t ChunkDownloads::bytes_of(std::size_t index) const {
    return static_cast<std::size_t>(chunks_[index].uncompressed_bytes.value_or(look_ahead_.guess));
}

void ChunkDownloads::begin(async::Call& call) {
    if (wanted_ > 0) (void)start_some(call, 0);
}

async::Task<std::expected<ChunkDownloads::Body, ChunkFailure>> ChunkDownloads::take(async::Call& call,
                                                                                    std::size_t index) {
    Slot& slot = slots_[index];
    while (true) {
        if (slot.state == State::failed) {
            slot.state = State::idle;
            co_return std::unexpected{*std::exchange(slot.failure, std::nullopt)};
        }
        if (auto started = start_some(call, index); !started) co_return std::unexpected{std::move(started.error())};
        if (slot.state == State::done) {
            slot.state = State::idle;
            held_ = slot.body.size();
            co_return Body{.bytes = std::move(slot.body), .lease = std::move(slot.lease)};
        }
        if (slot.state == State::failed) continue;
        changed_.reset();
        if (const auto reason = co_await changed_.wait(call); reason != async::StopReason::none)
            co_return std::unexpected{final_failure(call.stopped_error(base::Stage::result))};
    }
}

/// Starts chunk `from`, and those behind it while they fit.
std::expected<void, ChunkFailure> ChunkDownloads::start_some(async::Call& call, std::size_t from) {
    std::size_t bytes = held_;
    // One, then two, four …: whose answer is full after a megabyte has not fetched many for nothing.
    const std::size_t ahead = std::min(look_ahead_.chunks, std::size_t{1} << std::min<std::size_t>(from, 16));
    const std::size_t end = std::min(std::max(wanted_, from + 1), from + ahead);
    for (std::size_t index = from; index < std::min(end, slots_.size()); ++index) {
        Slot& slot = slots_[index];
        bytes += bytes_of(index);
        if (slot.state != State::idle) continue;
        if (index > from && bytes > look_ahead_.bytes) break;
        if (auto started = start(call, index); !started) {
            if (index > from) break;  // later, when it is needed
            return std::unexpected{final_failure(std::move(started.error()))};
        }
    }
    return {};
}

base::Result<void> ChunkDownloads::start(async::Call& call, std::size_t index) {
    Slot& slot = slots_[index];
    auto lease = memory_.take(bytes_of(index));
    if (!lease) return base::fail(std::move(lease.error()));
    async::Call::Parts parts{.request_id = call.request_id(),
                             .principal = call.principal_ptr(),
                             .deadline = call.deadline(),
                             .trace = call.trace(),
                             .progress = {}};
    slot.lease = std::move(*lease);
    slot.state = State::running;
    const bool runs = tasks_.spawn(
        call.worker(), std::move(parts),
        [self = shared_from_this(), index](async::Call& task) mutable { return run(task, std::move(self), index); });
    if (runs) return {};
    slot.state = State::idle;
    slot.lease.release();
    return base::fail(base::Error{base::Kind::cancelled, "the server is shutting down"}.at(base::Stage::result));
}

async::Task<void> ChunkDownloads::run(async::Call& call, std::shared_ptr<ChunkDownloads> self, std::size_t index) {
    if (self->abandoned_) co_return;
    self->running_.push_back(&call);
    co_await self->download(call, index);
    self->ended(call, index);
}

void ChunkDownloads::ended(async::Call& call, std::size_t index) {
    std::erase(running_, &call);
    Slot& slot = slots_[index];
    if (slot.state == State::failed) slot.lease.release();
    changed_.set();
}

async::Task<void> ChunkDownloads::download(async::Call& call, std::size_t index) {
    Slot& slot = slots_[index];
    ChunkRetry retry;
    std::optional<std::chrono::milliseconds> wait;
    if (slot.wait.count() > 0) wait = std::exchange(slot.wait, std::chrono::milliseconds{0});
    std::optional<ChunkFailure> failure;
    while (true) {
        if (wait) {
            async::Call pause{call, call.worker().now() + *wait};
            async::Signal never;
            co_await never.wait(pause);
        }
        if (call.stopped()) {
            failure = final_failure(call.stopped_error(base::Stage::result));
            break;
        }
        auto body = co_await source_->fetch(call, chunks_[index], headers_);
        if (body) {
            slot.body = std::move(*body);
            if (slot.body.size() <= slot.lease.bytes()) {
                slot.lease.shrink_to(slot.body.size());
            } else {
                slot.lease = memory_.count(slot.body.size());  // larger than the server said
            }
            slot.state = State::done;
            co_return;
        }
        failure = std::move(body.error());
        if (failure->cure != ChunkFailure::Cure::again) break;
        wait = retry.next(random_(), failure->retry_after);
        if (!wait) {
            failure->cure = ChunkFailure::Cure::none;
            break;
        }
    }
    slot.failure = std::move(failure);
    slot.state = State::failed;
}

void ChunkDownloads::replace(std::vector<Chunk> chunks, HeaderList headers) {
    chunks_ = std::move(chunks);
    headers_ = std::move(headers);
    for (Slot& slot : slots_) {
        if (slot.state != State::failed || slot.failure->cure != ChunkFailure::Cure::fresh_url) continue;
        slot.state = State::idle;
        slot.failure.reset();
    }
}

void ChunkDownloads::abandon() {
    abandoned_ = true;
    for (async::Call* call : std::vector<async::Call*>{running_}) call->stop(async::StopReason::client);
    for (Slot& slot : slots_) {
        if (slot.state == State::running) continue;
        slot.body = {};
        slot.lease.release();
    }
}

}  // namespace backend::snowflake
