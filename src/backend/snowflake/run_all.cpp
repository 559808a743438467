// Several statements in one request: each has an end of its own (snowflake-wire.md section 4.6).
#include <optional>
#include <utility>

#include "backend/snowflake/services.hpp"
#include "backend/snowflake/session/query_run.hpp"
#include "backend/snowflake/session/services_access.hpp"
#include "backend/snowflake/snowflake_backend.hpp"
#include "backend/snowflake/wire/codes.hpp"
#include "backend/snowflake/wire/request_target.hpp"

namespace backend::snowflake {
namespace {

using End = ChildResult::End;

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) {
        if (!all.empty()) all += ";\n";
        all += text;
        all += '\n';  // a comment at its end must not swallow the semicolon
    }
    return all;
}

base::Error unnamed(const QueryAnswer& answer) {
    return base::Error{base::Kind::unavailable, "Snowflake does not name the results of the statements"}
        .at(base::Stage::query)
        .query(answer.query_id);
}

bool is_unknown_id(const base::Error& error) {
    return error.code() == code_text(code::result_not_found) || error.code() == code_text(code::statement_not_found);
}

/// What the server says against a statement, and not what went wrong on the way.
bool is_refusal(const base::Error& error) { return !error.code().empty() && !is_unknown_id(error); }

/// The statements of one request, each taken to its end.
class Children {
public:
    Children(StatementList list, Context wanted, SessionState::Ptr state, const ResultOpener& opener,
             std::shared_ptr<void> keeps)
        : list_{std::move(list)},
          wanted_{std::move(wanted)},
          state_{std::move(state)},
          opener_{opener},
          keeps_{std::move(keeps)} {}

    async::Task<std::vector<ChildResult>> take(async::Call& call, QueryAnswer answer) {
        if (list_.texts.size() == 1 && answer.result_ids.empty()) {  // the answer is its own
            std::string id = answer.query_id;
            if (answer.success) {
                open(call, std::move(id), std::move(answer));
            } else {
                end(std::move(id), refusal(answer));
            }
            co_return std::move(ends_);
        }
        if (!answer.success) whole_ = refusal(answer);
        const std::vector<std::string> ids = std::move(answer.result_ids);
        const base::Error lacks = unnamed(answer);
        for (std::size_t i = 0; i < list_.texts.size(); ++i) {
            if (i < ids.size()) {
                co_await fetch(call, i, ids[i]);
            } else if (failed_) {
                co_await behind(call, i);
            } else if (whole_ && i > 0) {  // all before it have run: it is the one that failed
                failed_ = whole_;
                ends_.push_back({.end = End::failed, .query_id = whole_->query_id(), .result = base::fail(*whole_)});
            } else if (list_.are_reads) {
                co_await alone(call, i);
            } else {
                ends_.push_back({.end = End::unknown, .query_id = {}, .result = base::fail(lacks)});
            }
        }
        co_return std::move(ends_);
    }

private:
    /// By its id, which waits until it has ended.
    async::Task<void> fetch(async::Call& call, std::size_t index, std::string id) {
        auto answer = is_query_id(id) ? co_await query_result(call, state_, id)
                                      : base::Result<QueryAnswer>{base::fail(
                                            base::Error{base::Kind::unavailable, "Snowflake names a result by no id"})};
        if (answer) {
            open(call, std::move(id), std::move(*answer));
        } else if (failed_ && is_unknown_id(answer.error())) {
            co_await behind(call, index);
        } else {
            if (is_refusal(answer.error()) && !failed_) failed_ = answer.error();
            end(std::move(id), std::move(answer.error()));
        }
    }

    /// One before it has failed.
    async::Task<void> behind(async::Call& call, std::size_t index) {
        if (list_.are_reads) {
            co_await alone(call, index);
        } else {
            ends_.push_back({.end = End::never_ran, .query_id = {}, .result = base::fail(*failed_)});
        }
    }

    /// A read that has not run, or of which nobody knows: by itself.
    async::Task<void> alone(async::Call& call, std::size_t index) {
        Run run;
        run.statement.text = list_.texts[index];
        run.statement.tag = list_.tag;
        run.statement.is_read = true;
        run.wanted = wanted_;
        auto answer = co_await run_query(call, state_, std::move(run));
        if (answer) {
            std::string id = answer->query_id;
            open(call, std::move(id), std::move(*answer));
        } else {
            std::string id = answer.error().query_id();
            end(std::move(id), std::move(answer.error()));
        }
    }

    void open(async::Call& call, std::string id, QueryAnswer answer) {
        auto rows = opener_(call, std::move(answer), state_, {.limit = {}, .keeps = keeps_});
        const End how = rows ? End::answered : End::unknown;
        ends_.push_back({.end = how, .query_id = std::move(id), .result = std::move(rows)});
    }

    void end(std::string id, base::Error error) {
        const End how = is_refusal(error) ? End::failed : End::unknown;
        ends_.push_back({.end = how, .query_id = std::move(id), .result = base::fail(std::move(error))});
    }

    StatementList list_;
    Context wanted_;
    SessionState::Ptr state_;
    const ResultOpener& opener_;
    std::shared_ptr<void> keeps_;
    std::optional<base::Error> whole_;   // what the server says of the request
    std::optional<base::Error> failed_;  // of the first that failed
    std::vector<ChildResult> ends_;
};

}  // namespace

async::Task<base::Result<std::vector<ChildResult>>> Services::run_all(async::Call& call, StatementList list) {
    if (list.texts.empty()) co_return std::vector<ChildResult>{};
    auto lent = co_await pool_.acquire(call, list.context);
    if (!lent) co_return base::fail(std::move(lent.error()));
    const auto borrowed = std::make_shared<Borrowed>(std::move(*lent));
    const SessionState::Ptr state = state_of(**borrowed);
    auto settled = co_await state->settled(call);
    if (!settled) co_return base::fail(std::move(settled.error()));
    Run run;
    run.wanted = wanted_context(std::move(list.context), state->own_context());
    run.statement.text = joined(list.texts);
    run.statement.tag = list.tag;
    run.statement.is_read = list.are_reads;
    run.options.statements = static_cast<std::uint32_t>(list.texts.size());
    run.keep_refusal = true;
    Context wanted = *run.wanted;
    auto answer = co_await run_query(call, state, std::move(run));
    if (!answer) co_return base::fail(std::move(answer.error()));
    if (answer->result_ids.size() > list.texts.size()) co_return base::fail(unnamed(*answer));
    if (answer->result_ids.empty() && !list.are_reads && list.texts.size() > 1) {
        co_return base::fail(answer->success ? unnamed(*answer) : refusal(*answer));
    }
    Children children{std::move(list), std::move(wanted), state, backend_.result_opener(), borrowed};
    co_return co_await children.take(call, std::move(*answer));
}

}  // namespace backend::snowflake
