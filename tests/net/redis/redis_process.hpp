/// A real redis-server of the test's own, on a port that the kernel gave.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace net_redis_test {

int free_port();

class RedisProcess {
public:
    /// Waits until it listens. `more`: further options of its command line.
    explicit RedisProcess(std::vector<std::string> more = {}, int port = free_port());
    RedisProcess(const RedisProcess&) = delete;
    RedisProcess& operator=(const RedisProcess&) = delete;
    ~RedisProcess();

    int port() const { return port_; }
    const std::filesystem::path& folder() const { return folder_; }
    void kill();
    void start();  ///< again, on the same port
    void pause();  ///< SIGSTOP: it hangs
    void resume();

private:
    std::vector<std::string> more_;
    int port_;
    std::filesystem::path folder_;
    pid_t pid_ = -1;
};

/// Runs a program to its end; its exit code.
int run_program(std::vector<std::string> words);

}  // namespace net_redis_test
