/// A backend that answers what the test says, and remembers what it was asked.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/signal.hpp"
#include "backend/session.hpp"

namespace query_test {

struct Reply {
    std::vector<backend::Column> columns;
    std::vector<std::vector<backend::Cell>> rows;
    std::optional<base::Error> error = {};
    std::size_t batch_size = 100;
    std::optional<std::uint64_t> total = {};
    std::shared_ptr<void> keep = {};  ///< what cells borrow
    bool waits = false;               ///< answers when the call stops, or when `ScriptedBackend::gate` is set
};

/// Columns of text.
Reply table(std::vector<std::string> names, std::vector<std::vector<std::optional<std::string>>> rows);
/// One column N with the numbers 1 to `count`.
Reply numbers(int count, std::size_t batch_size = 100);
Reply failure(base::Error error);

class ScriptedBackend : public backend::Backend {
public:
    explicit ScriptedBackend(bool several_in_one = true) : several_in_one_{several_in_one} {}
    std::string_view name() const override { return "scripted"; }
    async::Task<base::Result<std::unique_ptr<backend::Session>>> login(async::Call& call, backend::Context context,
                                                                       backend::Identity identity) override;
    backend::Context default_context() const override { return own; }
    std::string answers_depend_on() const override { return account; }
    /// The rows of a reply, as if they were read by a query id.
    std::unique_ptr<backend::ResultSet> result_of(Reply reply, backend::RowRange range);
    bool carries_several() const override { return several; }
    bool runs_several_in_one() const override { return several_in_one_; }

    std::function<Reply(const backend::Statement&)> reply = [](const backend::Statement&) { return numbers(1); };
    backend::Context own;
    std::string account;
    std::optional<base::Error> login_error;
    bool login_waits = false;
    bool several = false;           ///< sessions say that they carry several statements
    bool refuses_second = false;    ///< but they do not
    async::Signal* gate = nullptr;  ///< for replies that wait: one at a time
    bool gate_closes = false;       ///< behind each that passes

    /// What a request of several says when one of them fails.
    enum class Refusal {
        names_nothing,   // the error, and no results
        names_what_ran,  // the results of those before it
        tells_each,      // which failed, which never ran
    };
    Refusal refusal = Refusal::names_nothing;
    std::optional<base::Error> request_error;  ///< of a request of several
    bool loses_results = false;                ///< results by id are not to be had

    std::vector<backend::Statement> ran;
    std::vector<backend::ReadsInOne> ran_in_one;
    int results_opened = 0;  ///< by id
    int logins = 0;
    int busy_refusals = 0;
    int results_open = 0;
    std::size_t batches_given = 0;
    /// Texts of `ran`.
    std::vector<std::string> texts() const;

private:
    const bool several_in_one_;
};

}  // namespace query_test
