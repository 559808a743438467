/// The server under load: how it is reached, what it said of itself, its sessions or processes.
///
/// Place: made once a run, before the first step; hands out loops for each. Threads: one, but what `figures` gives is
/// called by the sampler's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/mutex.hpp"
#include "capacity/bench/load_loop.hpp"
#include "capacity/bench/run.hpp"
#include "capacity/bench/sampler.hpp"
#include "capacity/bench/survey.hpp"

namespace capacity::bench {

class Server {
public:
    static base::Result<std::unique_ptr<Server>> meet(const BenchOptions& options);
    ~Server();  ///< ends its sessions and processes
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    const Survey& survey() const { return survey_; }
    Target describe() const;

    /// Sessions or processes for so many callers: those that are missing are opened.
    base::Result<void> prepare(std::uint32_t callers);
    /// How many loops share the callers: one where all go through one pipe.
    std::uint32_t loops(std::uint32_t callers) const;
    std::unique_ptr<LoadLoop> make_loop(const LoadPlan& plan, std::uint32_t index);

    /// Where the server's own figures come from, with a remark on it; null: nowhere.
    Sampler::Take figures(std::string& remark);

private:
    explicit Server(const BenchOptions& options) : options_{options} {}
    base::Result<void> meet_http();
    base::Result<void> meet_stdio();
    base::Result<std::unique_ptr<StdioServer>> start_process() const;
    void keep(std::unique_ptr<StdioServer> process);
    std::vector<pid_t> pids();
    Sampler::Take metrics_page(std::string& remark);

    const BenchOptions& options_;
    Survey survey_;
    std::optional<Endpoint> endpoint_;
    std::optional<Endpoint> metrics_;
    std::unique_ptr<HttpConversation> conversation_;
    std::vector<std::string> sessions_;
    std::vector<std::unique_ptr<StdioServer>> processes_;
    base::Mutex pids_mutex_;  // the sampler reads them while more are started
    std::vector<pid_t> pids_ BASE_GUARDED_BY(pids_mutex_);
};

}  // namespace capacity::bench
