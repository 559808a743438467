/// A session on a worker that the test drives, against a server in this process that answers as the test says.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "async/task_group.hpp"
#include "backend/snowflake/session/account_link.hpp"
#include "backend/snowflake/session/query_run.hpp"
#include "backend/snowflake/session/session_state.hpp"
#include "net/client/scripted_server.hpp"

namespace session_test {

namespace snow = backend::snowflake;
using namespace std::chrono_literals;

/// A request as it came.
struct Seen {
    std::string method;
    std::string path;   ///< without the query
    std::string query;  ///< behind '?'
    std::string token;
    std::string head;
    std::string body;

    /// A value of the query; "" where it is not there.
    std::string value(const std::string& name) const {
        const std::string all = "&" + query + "&";
        const auto at = all.find("&" + name + "=");
        if (at == std::string::npos) return {};
        const auto begin = at + name.size() + 2;
        return all.substr(begin, all.find('&', begin) - begin);
    }
    std::string sql() const {
        const auto at = body.find("\"sqlText\":\"");
        return at == std::string::npos ? std::string{} : body.substr(at + 11, body.find('"', at + 11) - at - 11);
    }
};

inline Seen seen_in(const std::string& request) {
    Seen seen;
    const std::string line = request.substr(0, request.find("\r\n"));
    const auto space = line.find(' ');
    seen.method = line.substr(0, space);
    std::string target = line.substr(space + 1, line.rfind(' ') - space - 1);
    if (const auto mark = target.find('?'); mark != std::string::npos) {
        seen.query = target.substr(mark + 1);
        target.resize(mark);
    }
    seen.path = target;
    const auto end = request.find("\r\n\r\n");
    seen.head = request.substr(0, end);
    seen.body = request.substr(end + 4);
    if (const auto at = seen.head.find("Token=\""); at != std::string::npos)
        seen.token = seen.head.substr(at + 7, seen.head.find('"', at + 7) - at - 7);
    return seen;
}

/// How it is answered. Empty `bytes`: the connection is closed without an answer.
struct Answered {
    std::string bytes;
};
inline Answered json(const std::string& body, int status = 200, const std::string& headers = "") {
    return {"HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body};
}
inline Answered refused(const std::string& code, int status = 200) {
    return json(R"({"success":false,"code":")" + code + R"(","message":"no","data":{"sqlState":"42000"}})", status);
}
inline Answered one_row(const std::string& value = "1", const std::string& more = "") {
    return json(
        R"({"success":true,"code":null,"message":null,"data":{"queryId":"01b2c3d4-0000-0000-0000-000000000001",)"
        R"("rowtype":[{"name":"A","type":"text","nullable":true}],"rowset":[[")" +
        value + R"("]],"total":1,"returned":1)" + more + "}}");
}
inline Answered running(const std::string& code = "333333") {
    return json(R"({"success":true,"code":")" + code +
                R"(","message":"","data":{"queryId":"01b2c3d4-0000-0000-0000-000000000001",)"
                R"("getResultUrl":"/queries/01b2c3d4-0000-0000-0000-000000000001/result"}})");
}

class Stand {
public:
    using Handler = std::function<Answered(const Seen&)>;

    Stand()
        : worker_{0, [this] { return base::Clock::now() + skipped_; }},
          server_{[this](client_test::Socket& socket, int) { serve(socket); }} {
        auto outbound = net::client::Outbound::create({});
        if (!outbound) ADD_FAILURE() << outbound.error().message();
        snow::AccountLink::Options options;
        options.account = {.scheme = net::client::Scheme::http,
                           .host = "127.0.0.1",
                           .port = static_cast<std::uint16_t>(server_.port())};
        options.identity.version = "1.0";
        link_ = std::make_unique<snow::AccountLink>(std::move(options), *outbound, std::vector{&worker_});
        policy_.log_in = [this](async::Call&) { return log_in(); };
        on("POST", "/session/token-request", [](const Seen& seen) {
            return json(R"({"success":true,"code":null,"data":{"sessionToken":"renewed-)" + seen.token +
                        R"(","masterToken":"master","validityInSecondsST":3600,"validityInSecondsMT":14400}})");
        });
        on("POST", "/session", [](const Seen&) { return json(R"({"success":true,"code":null,"data":null})"); });
        on("POST", "/session/heartbeat",
           [](const Seen&) { return json(R"({"success":true,"code":null,"data":null})"); });
        on("POST", "/queries/v1/abort-request",
           [](const Seen&) { return json(R"({"success":true,"code":null,"data":null})"); });
        on("POST", "/queries/v1/query-request", [](const Seen&) { return one_row(); });
    }
    ~Stand() {
        calls_.stop(async::StopReason::drain);
        link_->stop(async::StopReason::drain);
        until([&] { return calls_.size() == 0 && link_->join(0ms); });
        state_.reset();
        link_.reset();
        worker_.poll();
    }

    void on(const std::string& method, const std::string& path, Handler handler) {
        const std::lock_guard lock{mutex_};
        handlers_[method + " " + path] = std::move(handler);
    }
    /// Answers for statements with this text, one after the other; then the usual one again.
    void answer(const std::string& sql, std::deque<Answered> answers) {
        const std::lock_guard lock{mutex_};
        scripted_[sql] = std::move(answers);
    }
    std::vector<Seen> seen(const std::string& path) {
        const std::lock_guard lock{mutex_};
        std::vector<Seen> all;
        for (const Seen& one : seen_) {
            if (one.path == path) all.push_back(one);
        }
        return all;
    }
    std::vector<Seen> statements(const std::string& sql) {
        std::vector<Seen> all;
        for (const Seen& one : seen("/queries/v1/query-request")) {
            if (one.sql() == sql) all.push_back(one);
        }
        return all;
    }

    const snow::SessionState::Ptr& open() {
        state_ = std::make_shared<snow::SessionState>(*link_, policy_);
        std::optional<base::Result<void>> opened;
        start([&](async::Call& call) { return keep(call, state_->open(call), opened); });
        until([&] { return opened.has_value(); });
        if (!opened || !*opened) ADD_FAILURE() << "not logged in";
        return state_;
    }
    const snow::SessionState::Ptr& open_state() const { return state_; }
    snow::AccountLink& link() { return *link_; }
    snow::LoginPolicy& policy() { return policy_; }
    async::Worker& worker() { return worker_; }
    int logins() const { return logins_; }
    backend::Context login_context{.role = "R", .warehouse = "WH", .database = "DB", .schema = "S"};
    bool gives_master = true;

    /// A statement on its way.
    struct Asked {
        std::optional<base::Result<snow::QueryAnswer>> answer;
        async::Call* call = nullptr;
    };
    std::shared_ptr<Asked> ask(std::string sql, bool is_read = true, std::optional<backend::Context> wanted = {}) {
        auto asked = std::make_shared<Asked>();
        snow::Run run;
        run.statement.text = std::move(sql);
        run.statement.is_read = is_read;
        run.wanted = std::move(wanted);
        start([this, asked, run](async::Call& call) { return drive(call, state_, run, asked); });
        return asked;
    }
    base::Result<snow::QueryAnswer> wait(const std::shared_ptr<Asked>& asked) {
        if (!until([&] { return asked->answer.has_value(); })) {
            ADD_FAILURE() << "no answer";
            return base::fail(base::Kind::internal, "no answer");
        }
        return std::move(*asked->answer);
    }

    void start(std::function<async::Task<void>(async::Call&)> task) {
        async::Call::Parts parts{.request_id = "1",
                                 .principal = std::make_shared<base::Principal>(),
                                 .deadline = worker_.now() + 300s,
                                 .trace = {},
                                 .progress = {}};
        calls_.spawn(worker_, std::move(parts), std::move(task));
    }
    /// Turns the loop; waits of the worker's clock are skipped. False after 20 s of real time.
    bool until(const std::function<bool()>& done) {
        const auto end = base::Clock::now() + 20s;
        while (!done()) {
            if (base::Clock::now() > end) return false;
            if (worker_.poll() == 0) std::this_thread::yield();
        }
        return true;
    }
    /// The same with time running a hundred times as fast.
    bool until_in_haste(const std::function<bool()>& done) {
        const auto end = base::Clock::now() + 20s;
        while (!done()) {
            if (base::Clock::now() > end) return false;
            if (worker_.poll() == 0) {
                skipped_ += 10ms;
                std::this_thread::sleep_for(100us);
            }
        }
        return true;
    }
    void skip(std::chrono::milliseconds time) { skipped_ += time; }

    template <class T>
    static async::Task<void> keep(async::Call&, async::Task<T> task, std::optional<T>& into) {
        into.emplace(co_await std::move(task));
    }

private:
    static async::Task<void> drive(async::Call& call, snow::SessionState::Ptr state, snow::Run run,
                                   std::shared_ptr<Asked> asked) {
        asked->call = &call;
        auto answer = co_await snow::run_query(call, std::move(state), std::move(run));
        asked->call = nullptr;
        asked->answer.emplace(std::move(answer));
    }
    async::Task<base::Result<snow::Opening>> log_in() {
        ++logins_;
        snow::Opening opening;
        opening.tokens.session = base::Secret{"token-" + std::to_string(logins_)};
        if (gives_master) opening.tokens.master = base::Secret{"master"};
        opening.tokens.validity = 3600s;
        opening.context = login_context;
        co_return opening;
    }

    void serve(client_test::Socket& socket) {
        for (;;) {
            const std::string request = socket.request();
            if (request.empty()) return;
            const Seen seen = seen_in(request);
            Handler handler;
            std::optional<Answered> scripted;
            {
                const std::lock_guard lock{mutex_};
                seen_.push_back(seen);
                if (auto& answers = scripted_[seen.sql()]; seen.path.ends_with("query-request") && !answers.empty()) {
                    scripted = std::move(answers.front());
                    answers.pop_front();
                }
                if (const auto found = handlers_.find(seen.method + " " + seen.path); found != handlers_.end())
                    handler = found->second;
            }
            Answered answer = scripted ? *scripted : handler ? handler(seen) : json("{}", 404);
            if (answer.bytes.empty()) return;
            socket.send(answer.bytes);
        }
    }

    std::mutex mutex_;
    std::map<std::string, Handler> handlers_;
    std::map<std::string, std::deque<Answered>> scripted_;
    std::vector<Seen> seen_;
    std::chrono::nanoseconds skipped_{0};
    async::Worker worker_;
    client_test::ScriptedServer server_;
    std::unique_ptr<snow::AccountLink> link_;
    snow::LoginPolicy policy_;
    snow::SessionState::Ptr state_;
    async::TaskGroup calls_;
    int logins_ = 0;
};

}  // namespace session_test
