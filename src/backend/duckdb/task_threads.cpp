#include "backend/duckdb/task_threads.hpp"

#include "backend/duckdb/pause.hpp"

namespace backend::duckdb {

TaskThreads::TaskThreads(std::shared_ptr<Instance> instance, int count) : instance_{std::move(instance)} {
    for (int i = 0; i < count; ++i) threads_.emplace_back([this] { serve(); });
}

TaskThreads::~TaskThreads() {
    {
        const base::MutexLock lock{mutex_};
        stopping_ = true;
    }
    work_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

TaskThreads::Figures TaskThreads::figures() const {
    return {.asked = asked_.load(std::memory_order_relaxed), .tasks = tasks_.load(std::memory_order_relaxed)};
}

void TaskThreads::start() {
    asked_.fetch_add(1, std::memory_order_relaxed);
    {
        const base::MutexLock lock{mutex_};
        if (wanted_.fetch_add(1, std::memory_order_relaxed) > 0) return;
    }
    work_.notify_all();
}

bool TaskThreads::wait_until_wanted() {
    const base::MutexLock lock{mutex_};
    while (!stopping_ && wanted_.load(std::memory_order_relaxed) == 0) work_.wait(mutex_);
    return !stopping_;
}

void TaskThreads::serve() {
    const Api& api = instance_->api();
    const duckdb_task_state state = api.duckdb_create_task_state(instance_->handle());
    while (wait_until_wanted()) {
        Pause pause;
        while (wanted_.load(std::memory_order_relaxed) > 0) {
            if (api.duckdb_execute_n_tasks_state(state, 1) == 0) {
                pause.wait();
            } else {
                tasks_.fetch_add(1, std::memory_order_relaxed);
                pause.start_anew();
            }
        }
    }
    api.duckdb_destroy_task_state(state);
}

}  // namespace backend::duckdb
