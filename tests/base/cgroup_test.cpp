#include "base/cgroup.hpp"

#include <gtest/gtest.h>

#include "base/temporary_folder.hpp"

namespace {

using base_test::TemporaryFolder;

TEST(Cgroup, reads_the_quota_and_limit_of_version_2) {
    const TemporaryFolder root;
    root.write("proc/self/cgroup", "0::/system.slice/snowflake-mcp.service\n");
    const std::string group = "sys/fs/cgroup/system.slice/snowflake-mcp.service/";
    root.write(group + "cpu.max", "150000 100000\n");
    root.write(group + "memory.max", "536870912\n");
    EXPECT_EQ(base::cgroup_cpu_limit(root.path("")), 1.5);
    EXPECT_EQ(base::cgroup_memory_limit(root.path("")), 536870912u);
}

TEST(Cgroup, takes_the_least_of_a_group_and_those_above_it) {
    const TemporaryFolder root;
    root.write("proc/self/cgroup", "0::/a/b\n");
    root.write("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    root.write("sys/fs/cgroup/a/cpu.max", "200000 100000\n");
    root.write("sys/fs/cgroup/a/b/memory.max", "900\n");
    root.write("sys/fs/cgroup/a/memory.max", "max\n");
    root.write("sys/fs/cgroup/memory.max", "800\n");
    EXPECT_EQ(base::cgroup_cpu_limit(root.path("")), 2.0);
    EXPECT_EQ(base::cgroup_memory_limit(root.path("")), 800u);
}

TEST(Cgroup, reads_what_a_container_sees_of_itself) {
    const TemporaryFolder root;
    root.write("proc/self/cgroup", "0::/kubepods/pod1/container1\n");  // not visible in the container
    root.write("sys/fs/cgroup/cpu.max", "50000 100000\n");
    EXPECT_EQ(base::cgroup_cpu_limit(root.path("")), 0.5);
    EXPECT_EQ(base::cgroup_memory_limit(root.path("")), std::nullopt);
}

TEST(Cgroup, reads_version_1) {
    const TemporaryFolder root;
    root.write("proc/self/cgroup", "5:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n");
    root.write("sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us", "300000\n");
    root.write("sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us", "100000\n");
    root.write("sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", "1048576\n");
    root.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    EXPECT_EQ(base::cgroup_cpu_limit(root.path("")), 3.0);
    EXPECT_EQ(base::cgroup_memory_limit(root.path("")), 1048576u);
}

TEST(Cgroup, has_no_limit_where_none_is_set_or_nothing_can_be_read) {
    const TemporaryFolder root;
    EXPECT_EQ(base::cgroup_cpu_limit(root.path("")), std::nullopt);
    root.write("proc/self/cgroup", "4:cpu:/\n0::/\n");
    root.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    root.write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    root.write("sys/fs/cgroup/memory.max", "nonsense\n");
    EXPECT_EQ(base::cgroup_cpu_limit(root.path("")), std::nullopt);
    EXPECT_EQ(base::cgroup_memory_limit(root.path("")), std::nullopt);
}

TEST(Cgroup, falls_back_to_the_machine) {
    EXPECT_GT(base::cpu_limit_cores(), 0);
    EXPECT_GT(base::memory_limit_bytes(), std::size_t{1} << 20);
}

}  // namespace
