#include "net/redis/redis_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

namespace net_redis_test {
namespace {

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

pid_t launch(std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const auto child = ::fork();
    if (child == 0) {
        const int nowhere = ::open("/dev/null", O_RDWR);
        ::dup2(nowhere, 0);
        ::dup2(nowhere, 1);
        ::dup2(nowhere, 2);
        ::execvp(arguments[0], arguments.data());
        ::_exit(127);
    }
    return child;
}

bool listens(int port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(port);
    const bool yes = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return yes;
}

}  // namespace

int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error{"no free port"};
    }
    ::close(socket);
    return ntohs(address.sin_port);
}

int run_program(std::vector<std::string> words) {
    int status = 0;
    ::waitpid(launch(std::move(words)), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

RedisProcess::RedisProcess(std::vector<std::string> more, int port) : more_{std::move(more)}, port_{port} {
    std::string name = (std::filesystem::temp_directory_path() / "redis-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    start();
}

RedisProcess::~RedisProcess() {
    kill();
    std::filesystem::remove_all(folder_);
}

void RedisProcess::start() {
    std::vector<std::string> words{
        "redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1", "--dir", folder_.string(),
        "--save",       "",       "--appendonly",        "no"};
    words.insert(words.end(), more_.begin(), more_.end());
    pid_ = launch(std::move(words));
    for (int i = 0; i < 1'000; ++i) {
        if (listens(port_)) return;
        if (::waitpid(pid_, nullptr, WNOHANG) == pid_) break;
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    throw std::runtime_error{"redis-server does not listen; is it installed?"};
}

void RedisProcess::kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

void RedisProcess::pause() { ::kill(pid_, SIGSTOP); }
void RedisProcess::resume() { ::kill(pid_, SIGCONT); }

}  // namespace net_redis_test
