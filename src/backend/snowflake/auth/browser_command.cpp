#include "backend/snowflake/auth/browser_command.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <thread>

extern char** environ;

namespace backend::snowflake {

bool run_browser(const std::string& url, const Environment& environment) {
    std::string program = environment("BROWSER").value_or("xdg-open");
    program = program.substr(0, program.find(':'));
    std::string argument = url;
    const std::array<char*, 3> arguments = {program.data(), argument.data(), nullptr};
    posix_spawn_file_actions_t files{};
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    const int failed = posix_spawnp(&child, program.c_str(), &files, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (failed != 0) {
        return false;
    }
    // A browser may live for hours; somebody has to take its exit status.
    std::thread{[child] { waitpid(child, nullptr, 0); }}.detach();
    return true;
}

}  // namespace backend::snowflake
