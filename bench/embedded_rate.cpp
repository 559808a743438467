// `SELECT 42` through a session of the embedded backend, beside DuckDB's C API in a bare loop with as many threads.
//
//   embedded-rate [--threads N] [--rounds N] [--milliseconds N] [--new-texts] [--bare-only]
//
// Both in one process, in turns; a line of JSON for each kind: statements a second and CPU time of the whole process a
// statement, by round. "Threads" are those that execute SQL: N loops, or N threads of the blocking pool, which N
// workers keep busy. --new-texts: no statement comes twice, so no plan that was kept serves.
#include <fmt/format.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "async/blocking_pool.hpp"
#include "async/task_group.hpp"
#include "backend/duckdb/duckdb_backend.hpp"
#include "backend/duckdb/handles.hpp"

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
    int threads = 2;
    int rounds = 10;
    std::chrono::milliseconds round{500};
    bool new_texts = false;
    bool bare_only = false;
};

[[noreturn]] void give_up(std::string_view why) {
    fmt::print(stderr, "embedded-rate: {}\n", why);
    std::exit(2);
}

template <class Value>
Value or_give_up(base::Result<Value> result) {
    if (!result) give_up(result.error().message());
    return std::move(*result);
}

/// The statements of one thread.
class Texts {
public:
    Texts(const Options& options, int thread)
        : new_texts_{options.new_texts}, prefix_{fmt::format("{}0000000", thread + 1)} {}
    std::string next() {
        if (!new_texts_) return "SELECT 42";
        static std::atomic<std::uint64_t> used{0};
        return fmt::format("SELECT {}{}", prefix_, used.fetch_add(1, std::memory_order_relaxed));
    }

private:
    bool new_texts_;
    std::string prefix_;
};

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Figures {
    std::vector<double> rate;    // a second
    std::vector<double> cpu_us;  // a statement
};

/// One round: `work(thread, until)` answers how many statements it ran.
void measure(const Options& options, const std::function<std::uint64_t(int, Clock::time_point)>& work,
             Figures& figures) {
    std::atomic<std::uint64_t> count{0};
    const double cpu_before = cpu_seconds();
    const auto started = Clock::now();
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < options.threads; ++i)
            threads.emplace_back([&, i] { count += work(i, started + options.round); });
    }
    const double elapsed = std::chrono::duration<double>(Clock::now() - started).count();
    const auto statements = static_cast<double>(count.load());
    figures.rate.push_back(statements / elapsed);
    figures.cpu_us.push_back((cpu_seconds() - cpu_before) / statements * 1e6);
}

class Bare {
public:
    Bare(const Options& options, const backend::duckdb::Api& api)
        : instance_{or_give_up(backend::duckdb::Instance::open(api, ":memory:", {}))} {
        for (int i = 0; i < options.threads; ++i) {
            connections_.push_back(or_give_up(backend::duckdb::Connection::open(instance_)));
            texts_.emplace_back(options, i);
        }
    }

    std::uint64_t work(int thread, Clock::time_point until) {
        const auto index = static_cast<std::size_t>(thread);
        const backend::duckdb::Connection& connection = *connections_[index];
        const backend::duckdb::Api& api = connection.api();
        std::uint64_t count = 0;
        for (; Clock::now() < until; ++count) {
            backend::duckdb::RawResult result{api};
            if (api.duckdb_query(connection.handle(), texts_[index].next().c_str(), result.get()) != DuckDBSuccess)
                give_up("DuckDB refuses the statement");
            std::uint64_t rows = 0;
            for (;;) {
                backend::duckdb::Chunk chunk{api};
                *chunk.out() = api.duckdb_fetch_chunk(*result.get());
                if (!chunk) break;
                const auto* values = static_cast<const char*>(
                    api.duckdb_vector_get_data(api.duckdb_data_chunk_get_vector(chunk.get(), 0)));
                rows += values == nullptr ? 0 : api.duckdb_data_chunk_get_size(chunk.get());
            }
            if (rows != 1) give_up("no row came");
        }
        return count;
    }

private:
    std::shared_ptr<backend::duckdb::Instance> instance_;
    std::vector<std::unique_ptr<backend::duckdb::Connection>> connections_;
    std::vector<Texts> texts_;
};

class Sessions {
public:
    Sessions(const Options& options, backend::duckdb::DuckdbBackend& embedded) {
        for (int i = 0; i < options.threads; ++i) {
            clients_.push_back(std::make_unique<Client>(options, i));
            Client& client = *clients_.back();
            run(client, [&](async::Call& call) { return log_in(call, &embedded, &client.session); });
        }
    }

    std::uint64_t work(int thread, Clock::time_point until) {
        Client& client = *clients_[static_cast<std::size_t>(thread)];
        std::uint64_t count = 0;
        run(client, [&](async::Call& call) { return ask(call, &client, until, &count); });
        return count;
    }

private:
    struct Client {
        Client(const Options& options, int thread) : worker{static_cast<std::size_t>(thread)}, texts{options, thread} {}
        async::Worker worker;
        async::TaskGroup tasks;
        std::unique_ptr<backend::Session> session;
        Texts texts;
    };

    static async::Task<void> log_in(async::Call& call, backend::duckdb::DuckdbBackend* embedded,
                                    std::unique_ptr<backend::Session>* session) {
        *session = or_give_up(co_await embedded->login(call, {}, {}));
    }

    static async::Task<void> ask(async::Call& call, Client* client, Clock::time_point until, std::uint64_t* count) {
        for (; Clock::now() < until; ++*count) {
            backend::Statement statement{.text = client->texts.next()};
            auto result = or_give_up(co_await client->session->execute(call, std::move(statement)));
            std::size_t rows = 0;
            for (;;) {
                auto batch = or_give_up(co_await result->next(call));
                if (!batch) break;
                rows += batch->cell(0, 0).is_null() ? 0 : batch->rows();
            }
            if (rows != 1) give_up("no row came");
        }
    }

    template <class Start>
    static void run(Client& client, Start start) {
        static const auto principal = std::make_shared<const base::Principal>(base::Principal{.id = "os:bench"});
        client.tasks.spawn(
            client.worker,
            {.request_id = "bench", .principal = principal, .deadline = client.worker.now() + std::chrono::minutes{5}},
            start);
        while (client.tasks.size() > 0)
            if (client.worker.poll() == 0) client.worker.context().run_one_for(std::chrono::milliseconds{10});
    }

    std::vector<std::unique_ptr<Client>> clients_;
};

void print(std::string_view kind, const Options& options, const Figures& figures) {
    fmt::print("{{\"kind\":\"{}\",\"threads\":{},\"new_texts\":{},\"rate\":[{:.0f}],\"cpu_us\":[{:.1f}]}}\n", kind,
               options.threads, options.new_texts, fmt::join(figures.rate, ","), fmt::join(figures.cpu_us, ","));
}

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        const int value = i + 1 < argc ? std::atoi(argv[i + 1]) : 0;
        if (name == "--new-texts") {
            options.new_texts = true;
        } else if (name == "--bare-only") {
            options.bare_only = true;
        } else if (value > 0 && name == "--threads") {
            options.threads = value, ++i;
        } else if (value > 0 && name == "--rounds") {
            options.rounds = value, ++i;
        } else if (value > 0 && name == "--milliseconds") {
            options.round = std::chrono::milliseconds{value}, ++i;
        } else {
            give_up(fmt::format("{} is not an option, or lacks its number", name));
        }
    }
    return options;
}

void run(const Options& options) {
    const auto* library = or_give_up(backend::duckdb::load_library(backend::duckdb::library_candidates({})));
    Bare bare{options, library->api};
    Figures bare_figures;
    Figures session_figures;
    const auto bare_work = [&](int thread, Clock::time_point until) { return bare.work(thread, until); };
    if (options.bare_only) {
        for (int i = 0; i < options.rounds; ++i) measure(options, bare_work, bare_figures);
        return print("bare", options, bare_figures);
    }
    async::BlockingPool pool{{.threads = static_cast<std::size_t>(options.threads)}};
    const auto embedded = or_give_up(backend::duckdb::DuckdbBackend::open({}, pool));
    Sessions sessions{options, *embedded};
    const auto session_work = [&](int thread, Clock::time_point until) { return sessions.work(thread, until); };
    for (int i = 0; i <= options.rounds; ++i) {
        measure(options, bare_work, bare_figures);
        measure(options, session_work, session_figures);
        if (i == 0) bare_figures = session_figures = {};  // warm-up
    }
    print("bare", options, bare_figures);
    print("session", options, session_figures);
}

}  // namespace

int main(int argc, char** argv) {
    run(parse(argc, argv));
    return 0;
}
