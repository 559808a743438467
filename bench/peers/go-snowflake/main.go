// Snowflake's Go driver as a peer: SELECT 1, so many at a time for so long. Prints CPU time a query, rate and peak memory as JSON.
//
//	go-snowflake <port> <in flight> <seconds>
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	sf "github.com/snowflakedb/gosnowflake/v2"
)

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

func peakMegabytes() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return float64(usage.Maxrss) / 1024
}

func one(ctx context.Context, db *sql.DB) error {
	var value int
	if err := db.QueryRowContext(ctx, "SELECT 1").Scan(&value); err != nil {
		return err
	}
	if value != 1 {
		return fmt.Errorf("%d instead of 1", value)
	}
	return nil
}

func work() error {
	port, err := strconv.Atoi(os.Args[1])
	if err != nil {
		return err
	}
	flight, err := strconv.Atoi(os.Args[2])
	if err != nil {
		return err
	}
	seconds, err := strconv.ParseFloat(os.Args[3], 64)
	if err != nil {
		return err
	}
	config := sf.Config{Account: "acct", User: "tester", Password: "pass", Host: "127.0.0.1", Port: port, Protocol: "http",
		DisableOCSPChecks: true}
	db := sql.OpenDB(sf.NewConnector(sf.SnowflakeDriver{}, config))
	defer db.Close()
	db.SetMaxOpenConns(flight)
	db.SetMaxIdleConns(flight)
	ctx := context.Background()
	run := func(length time.Duration) (int64, error) {
		var done atomic.Int64
		var failed atomic.Value
		var group sync.WaitGroup
		end := time.Now().Add(length)
		for range flight {
			group.Add(1)
			go func() {
				defer group.Done()
				for time.Now().Before(end) {
					if err := one(ctx, db); err != nil {
						failed.Store(err)
						return
					}
					done.Add(1)
				}
			}()
		}
		group.Wait()
		if err, ok := failed.Load().(error); ok {
			return 0, err
		}
		return done.Load(), nil
	}
	if _, err := run(time.Second); err != nil { // logs in, warms up
		return err
	}
	cpu, started := cpuSeconds(), time.Now()
	count, err := run(time.Duration(seconds * float64(time.Second)))
	if err != nil {
		return err
	}
	elapsed := time.Since(started).Seconds()
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"queries": count, "seconds": elapsed, "cpu_us": (cpuSeconds() - cpu) / float64(count) * 1e6, "peak_mb": peakMegabytes()})
}

func main() {
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
