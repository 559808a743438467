#include "query/scripted_backend.hpp"

namespace query_test {

namespace {

class Rows final : public backend::Batch {
public:
    Rows(const Reply& reply, std::size_t first, std::size_t count) : reply_{reply}, first_{first}, count_{count} {}
    std::size_t rows() const override { return count_; }
    backend::Cell cell(std::size_t row, std::size_t column) const override {
        return reply_.rows.at(first_ + row).at(column);
    }

private:
    const Reply& reply_;
    std::size_t first_;
    std::size_t count_;
};

class Result final : public backend::ResultSet {
public:
    Result(ScriptedBackend& backend, Reply reply) : backend_{backend}, reply_{std::move(reply)} {
        ++backend_.results_open;
    }
    ~Result() override { --backend_.results_open; }

    const std::vector<backend::Column>& columns() const override { return reply_.columns; }
    async::Task<base::Result<const backend::Batch*>> next(async::Call& call) override {
        if (call.stopped()) co_return base::fail(call.stopped_error(base::Stage::result));
        if (at_ >= reply_.rows.size()) co_return nullptr;
        const auto count = std::min(reply_.batch_size, reply_.rows.size() - at_);
        batch_.emplace(reply_, at_, count);
        at_ += count;
        ++backend_.batches_given;
        co_return &*batch_;
    }
    const std::string& query_id() const override { return id_; }
    std::optional<std::uint64_t> total_rows() const override { return reply_.total; }

private:
    ScriptedBackend& backend_;
    Reply reply_;
    std::optional<Rows> batch_;
    std::size_t at_ = 0;
    std::string id_ = "query-1";
};

async::Task<base::Result<std::unique_ptr<backend::ResultSet>>> open_by_id(async::Call& call, ScriptedBackend* backend,
                                                                          Reply reply) {
    if (call.stopped()) co_return base::fail(call.stopped_error(base::Stage::result));
    if (backend->loses_results) co_return base::fail(base::Kind::not_found, "no such result");
    ++backend->results_opened;
    co_return std::make_unique<Result>(*backend, std::move(reply));
}

std::vector<std::string> parts_of(std::string_view text) {
    constexpr std::string_view between = "\n;\n";
    std::vector<std::string> parts;
    for (auto at = text.find(between); at != std::string_view::npos; at = text.find(between)) {
        parts.emplace_back(text.substr(0, at));
        text.remove_prefix(at + between.size());
    }
    parts.emplace_back(text);
    return parts;
}

class Session final : public backend::Session {
public:
    Session(ScriptedBackend& backend, backend::Context context)
        : backend_{backend}, context_{std::move(context)}, several_{backend.several} {}

    async::Task<base::Result<std::unique_ptr<backend::ResultSet>>> execute(async::Call& call,
                                                                           backend::Statement statement) override {
        if (executing_ > 0 && backend_.refuses_second) {
            several_ = false;
            ++backend_.busy_refusals;
            co_return base::fail(backend::busy_error("one statement at a time"));
        }
        const Executing counted{executing_};
        Reply reply = backend_.reply(statement);
        backend_.ran.push_back(std::move(statement));
        if (reply.waits) {
            async::Signal never;
            const auto reason = co_await (backend_.gate ? *backend_.gate : never).wait(call);
            if (reason != async::StopReason::none) co_return base::fail(call.stopped_error(base::Stage::query));
            if (backend_.gate_closes) backend_.gate->reset();
        }
        if (reply.error) co_return base::fail(std::move(*reply.error));
        co_return std::make_unique<Result>(backend_, std::move(reply));
    }
    async::Task<base::Result<std::vector<backend::ReadInOne>>> execute_all(async::Call& call,
                                                                           backend::ReadsInOne reads) override {
        if (executing_ > 0 && backend_.refuses_second) {
            several_ = false;
            ++backend_.busy_refusals;
            co_return base::fail(backend::busy_error("one statement at a time"));
        }
        const Executing counted{executing_};
        std::vector<Reply> replies;
        bool waits = false;
        for (auto& part : parts_of(reads.text)) {
            replies.push_back(backend_.reply({.text = std::move(part), .context = reads.context, .is_read = true}));
            waits = waits || replies.back().waits;
        }
        backend_.ran_in_one.push_back(std::move(reads));
        if (waits) {
            async::Signal never;
            const auto reason = co_await (backend_.gate ? *backend_.gate : never).wait(call);
            if (reason != async::StopReason::none) co_return base::fail(call.stopped_error(base::Stage::query));
            if (backend_.gate_closes) backend_.gate->reset();
        }
        if (backend_.request_error) co_return base::fail(base::Error{*backend_.request_error});
        co_return outcome(std::move(replies));
    }
    const backend::Context& context() const override { return context_; }
    bool usable() const override { return true; }
    bool carries_several() const override { return several_; }

private:
    base::Result<std::vector<backend::ReadInOne>> outcome(std::vector<Reply> replies) {
        using State = backend::ReadInOne::State;
        std::vector<backend::ReadInOne> all(replies.size());
        for (std::size_t i = 0; i < replies.size(); ++i) {
            if (replies[i].error) {
                if (backend_.refusal == ScriptedBackend::Refusal::names_nothing) return base::fail(*replies[i].error);
                if (backend_.refusal == ScriptedBackend::Refusal::names_what_ran) return all;
                all[i].state = State::failed;
                all[i].error = std::move(replies[i].error);
                while (++i < all.size()) all[i].state = State::never_ran;
                return all;
            }
            all[i].state = State::ran;
            all[i].open = [&backend = backend_, reply = std::move(replies[i])](async::Call& call,
                                                                               std::optional<std::uint64_t>) {
                return open_by_id(call, &backend, reply);
            };
        }
        return all;
    }

    struct Executing {
        explicit Executing(int& counter) : count{counter} { ++count; }
        Executing(const Executing&) = delete;
        Executing& operator=(const Executing&) = delete;
        ~Executing() { --count; }
        int& count;
    };
    ScriptedBackend& backend_;
    backend::Context context_;
    bool several_;
    int executing_ = 0;
};

}  // namespace

Reply table(std::vector<std::string> names, std::vector<std::vector<std::optional<std::string>>> rows) {
    Reply reply;
    for (auto& name : names) reply.columns.push_back({.name = std::move(name), .type = "VARCHAR", .nullable = true});
    auto kept = std::make_shared<std::vector<std::vector<std::optional<std::string>>>>(std::move(rows));
    for (const auto& row : *kept) {
        auto& cells = reply.rows.emplace_back();
        for (const auto& value : row) cells.push_back(value ? backend::Cell::text(*value) : backend::Cell::null());
    }
    reply.keep = std::move(kept);
    return reply;
}

Reply numbers(int count, std::size_t batch_size) {
    Reply reply{.columns = {{.name = "N", .type = "NUMBER(38,0)", .nullable = false}}, .rows = {}};
    for (int n = 1; n <= count; ++n) reply.rows.push_back({backend::Cell::integer(n)});
    reply.batch_size = batch_size;
    return reply;
}

Reply failure(base::Error error) { return {.columns = {}, .rows = {}, .error = std::move(error)}; }

async::Task<base::Result<std::unique_ptr<backend::Session>>> ScriptedBackend::login(async::Call& call,
                                                                                    backend::Context context,
                                                                                    backend::Identity) {
    ++logins;
    if (login_waits) {
        async::Signal never;
        co_await never.wait(call);
        co_return base::fail(call.stopped_error(base::Stage::login));
    }
    if (login_error) co_return base::fail(base::Error{*login_error});
    co_return std::make_unique<Session>(*this, std::move(context));
}

std::unique_ptr<backend::ResultSet> ScriptedBackend::result_of(Reply reply, backend::RowRange range) {
    const auto skip = std::min<std::size_t>(range.skip, reply.rows.size());
    reply.rows.erase(reply.rows.begin(), reply.rows.begin() + static_cast<std::ptrdiff_t>(skip));
    if (range.limit && reply.rows.size() > *range.limit) reply.rows.resize(*range.limit);
    return std::make_unique<Result>(*this, std::move(reply));
}

std::vector<std::string> ScriptedBackend::texts() const {
    std::vector<std::string> all;
    for (const auto& statement : ran) all.push_back(statement.text);
    return all;
}

}  // namespace query_test
