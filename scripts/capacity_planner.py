#!/usr/bin/env python3
"""Scaling plan for a number of clients that grows every month: a thin caller of `snowflake-mcp plan`. Standard library only.

    scripts/capacity_planner.py 25 0.15          25 clients today, 15 % more every month

Further arguments are those of `snowflake-mcp plan` (--safety-margin 0.3, --max-clients-per-instance 80, ...). The program is taken from
SNOWFLAKE_MCP, else from this clone's build, else from PATH. Exit codes: 0 done; 1 wrong usage; 2 and above those of the program; 127 no
program was found.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ADVICE = {  # the plan's topics in the words that users of this script know
    ("availability_zones", "fine"): "✅ Single availability zone deployment sufficient",
    ("availability_zones", "consider"): "⚠️  Consider multi-AZ deployment for redundancy",
    ("regions", "consider"): "🔧 Enterprise deployment with multi-region consideration",
    ("reserved_instances", "consider"): "🔧 Consider dedicated infrastructure or reserved instances",
    ("cost", "consider"): "💰 High cost projection - optimize for resource efficiency",
}


def program():
    """The snowflake-mcp to ask, or None."""
    if named := os.environ.get("SNOWFLAKE_MCP"):
        return named
    built = ROOT / "build" / "release" / "snowflake-mcp"
    return str(built) if os.access(built, os.X_OK) else shutil.which("snowflake-mcp")


def whole(value):
    """4.0 as 4: how the plan's JSON has it, and how a table of instances reads."""
    return int(value) if value == int(value) else value


def print_plan(clients, rate, plan):
    print("🎯 Snowflake MCP Server Scaling Plan")
    print("=" * 50)
    print(f"Current Clients: {clients}")
    print(f"Monthly Growth Rate: {rate * 100:.1f}%")
    print()
    print("📈 Growth Projections:")
    print("Month | Date    | Clients | Instances | CPU Cores | Memory (GB) | Cost/Month")
    print("-" * 75)
    for month in plan["months"]:
        print(
            f"{month['month']:5d} | {month['date']} | {month['clients']:7.0f} | {month['instances']:9d} | "
            f"{whole(month['cpu_cores']):>9} | {whole(month['memory_gb']):>11} | ${month['monthly_cost_usd']:10.0f}"
        )
    print("\n🚀 Scaling Milestones:")
    for milestone in plan["milestones"]:
        if not milestone["text"].startswith("scale to"):
            continue  # a --target that is reached
        print(f"📅 {milestone['date']}: Scale to {milestone['instances']} instances ({milestone['clients']:.0f} clients)")
    print("\n💡 Recommendations:")
    for advice in plan["recommendations"]:
        if known := ADVICE.get((advice["topic"], advice["level"])):
            print(known)


def main():
    if len(sys.argv) < 3 or sys.argv[1] in ("-h", "--help"):
        print("Usage: python3 capacity_planner.py <current_clients> <growth_rate>")
        print("Example: python3 capacity_planner.py 25 0.15  # 25 clients, 15% monthly growth")
        return 0 if sys.argv[1:2] in (["-h"], ["--help"]) else 1
    found = program()
    if found is None:
        print("capacity_planner.py: snowflake-mcp is not built: run scripts/build, or name the program in SNOWFLAKE_MCP", file=sys.stderr)
        return 127
    clients, rate = sys.argv[1:3]
    # Months of 30 days, as this script has always counted them.
    command = [found, "plan", f"--clients={clients}", f"--growth={rate}", "--months=12", "--month-step=30-days", "--json", *sys.argv[3:]]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    except OSError as error:
        print(f"capacity_planner.py: {found}: {error.strerror}", file=sys.stderr)
        return 127
    if done.returncode != 0:
        return done.returncode
    print_plan(int(clients), float(rate), json.loads(done.stdout))
    return 0


if __name__ == "__main__":
    sys.exit(main())
