#include "capacity/report/fetch.hpp"

#include <fmt/format.h>

#include <latch>
#include <utility>

#include "async/call.hpp"
#include "async/task_group.hpp"
#include "async/worker.hpp"
#include "net/client/http_client.hpp"

namespace capacity::report {
namespace {

using Answers = std::vector<base::Result<HttpAnswer>>;

async::Task<base::Result<HttpAnswer>> ask_one(async::Call& call, net::client::HttpClient& client,
                                              net::client::Request request, std::size_t most_bytes) {
    auto response = co_await client.send(call, std::move(request));
    if (!response) co_return base::fail(std::move(response.error().error));
    auto body = co_await response->body(call, most_bytes);
    if (!body) co_return base::fail(std::move(body.error().error));
    co_return HttpAnswer{.status = response->status(), .body = std::move(*body)};
}

class WorkerFetcher final : public Fetcher {
public:
    explicit WorkerFetcher(std::shared_ptr<net::client::Outbound> outbound)
        : outbound_{std::move(outbound)}, client_{workers_[0], outbound_} {
        workers_.start();
    }
    ~WorkerFetcher() override {
        tasks_.stop(async::StopReason::drain);
        tasks_.join(std::chrono::seconds{10});
        workers_.stop_and_join();
    }

    Answers ask(std::vector<Question> questions) override {
        std::vector<std::optional<base::Result<HttpAnswer>>> slots(questions.size());
        std::latch left{static_cast<std::ptrdiff_t>(questions.size())};
        for (std::size_t i = 0; i < questions.size(); ++i) {
            async::Call::Parts parts;
            parts.request_id = "report";
            parts.deadline = base::Clock::now() + questions[i].patience;
            const bool started = tasks_.spawn(workers_[0], std::move(parts),
                                              [this, &question = questions[i], &slot = slots[i], &left](auto& call) {
                                                  return answer(call, question, slot, left);
                                              });
            if (!started) left.count_down();
        }
        left.wait();
        Answers answers;
        for (auto& slot : slots) {
            answers.push_back(slot ? std::move(*slot) : base::fail(base::Kind::cancelled, "not asked"));
        }
        return answers;
    }

private:
    async::Task<void> answer(async::Call& call, Question& question, std::optional<base::Result<HttpAnswer>>& slot,
                             std::latch& left) {
        net::client::Request request;
        request.url = question.url;
        request.headers = std::move(question.headers);
        request.limits.body_bytes = question.most_bytes;
        slot = co_await ask_one(call, client_, std::move(request), question.most_bytes);
        if (!*slot && slot->error().kind() == base::Kind::timeout) {
            slot =
                base::fail(base::Kind::timeout, fmt::format("no whole answer within {:.0f} s",
                                                            std::chrono::duration<double>(question.patience).count()));
        }
        left.count_down();
    }

    std::shared_ptr<net::client::Outbound> outbound_;
    async::Workers workers_{1};
    net::client::HttpClient client_;
    async::TaskGroup tasks_;
};

}  // namespace

base::Result<std::unique_ptr<Fetcher>> make_fetcher(const net::client::ClientSettings& settings) {
    auto outbound = net::client::Outbound::create(settings);
    if (!outbound) return base::fail(std::move(outbound.error()));
    return std::make_unique<WorkerFetcher>(std::move(*outbound));
}

base::Result<net::client::Url> address_of(std::string_view text, std::string_view path) {
    const std::string whole =
        text.find("://") == std::string_view::npos ? fmt::format("http://{}", text) : std::string{text};
    auto url = net::client::Url::parse(whole);
    if (url && url->target == "/") url->target = path;
    return url;
}

}  // namespace capacity::report
