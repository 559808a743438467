// Snowflake's Go driver behind the job of ../README.md.
package main

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"strconv"
	"strings"
	"time"

	sf "github.com/snowflakedb/gosnowflake/v2"
)

type step struct {
	Query     string   `json:"query"`
	Bind      string   `json:"bind"`
	Async     string   `json:"async"`
	Cancel    string   `json:"cancel"`
	Multi     string   `json:"multi"`
	Values    []string `json:"values"`
	After     float64  `json:"after"`
	Count     int      `json:"count"`
	CountOnly bool     `json:"count_only"`
}

type job struct {
	Host       string             `json:"host"`
	Port       int                `json:"port"`
	User       string             `json:"user"`
	Password   string             `json:"password"`
	Account    string             `json:"account"`
	PrivateKey string             `json:"private_key"`
	Parameters map[string]*string `json:"parameters"`
	Steps      []step             `json:"steps"`
}

func cell(value any, kind string) any {
	switch v := value.(type) {
	case nil:
		return nil
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case *big.Int:
		return v.String()
	case *big.Float:
		return v.Text('g', 40)
	case big.Int:
		return v.String()
	case big.Float:
		return v.Text('g', 40)
	case []byte:
		return strings.ToUpper(hex.EncodeToString(v))
	case time.Time:
		switch kind {
		case "DATE":
			return v.Format("2006-01-02")
		case "TIME":
			return v.Format("15:04:05.999999999")
		case "TIMESTAMP_NTZ":
			return v.UTC().Format("2006-01-02T15:04:05.999999999")
		case "TIMESTAMP_TZ":
			return v.Format("2006-01-02T15:04:05.999999999-07:00")
		}
		return v.UTC().Format("2006-01-02T15:04:05.999999999") + "Z"
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

func read(rows *sql.Rows) ([][]any, error) {
	kinds, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	found := [][]any{}
	for rows.Next() {
		values := make([]any, len(kinds))
		places := make([]any, len(kinds))
		for n := range values {
			places[n] = &values[n]
		}
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		for n := range values {
			values[n] = cell(values[n], kinds[n].DatabaseTypeName())
		}
		found = append(found, values)
	}
	return found, rows.Err()
}

func run(ctx context.Context, db *sql.Conn, s step) (map[string]any, error) {
	text := s.Query
	arguments := []any{}
	switch {
	case s.Bind != "":
		text = s.Bind
		for _, value := range s.Values {
			arguments = append(arguments, value)
		}
	case s.Async != "":
		text = s.Async
		ctx = sf.WithAsyncMode(ctx)
	case s.Cancel != "":
		text = s.Cancel
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, time.Duration(s.After*float64(time.Second)))
		defer stop()
	case s.Multi != "":
		text = s.Multi
		ctx = sf.WithMultiStatement(ctx, s.Count)
	}
	rows, err := db.QueryContext(ctx, text, arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found, err := read(rows)
	if err != nil {
		return nil, err
	}
	if s.Multi != "" {
		results := [][][]any{found}
		for rows.NextResultSet() {
			if found, err = read(rows); err != nil {
				return nil, err
			}
			results = append(results, found)
		}
		return map[string]any{"results": results}, nil
	}
	if s.CountOnly {
		return map[string]any{"count": len(found), "last": found[len(found)-1]}, nil
	}
	return map[string]any{"rows": found}, nil
}

func privateKey(path string) (*rsa.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	return key.(*rsa.PrivateKey), nil
}

func work() error {
	var j job
	if err := json.NewDecoder(os.Stdin).Decode(&j); err != nil {
		return err
	}
	config := &sf.Config{Account: j.Account, User: j.User, Password: j.Password, Host: j.Host, Port: j.Port, Protocol: "http",
		Database: "SALES", Schema: "PUBLIC", Warehouse: "COMPUTE_WH", Params: j.Parameters, DisableOCSPChecks: true}
	if j.PrivateKey != "" {
		key, err := privateKey(j.PrivateKey)
		if err != nil {
			return err
		}
		config.Authenticator, config.PrivateKey = sf.AuthTypeJwt, key
	}
	db := sql.OpenDB(sf.NewConnector(sf.SnowflakeDriver{}, *config))
	defer db.Close()
	ctx := sf.WithEmbeddedValuesNullable(sf.WithStructuredTypesEnabled(sf.WithHigherPrecision(context.Background())))
	connection, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	answers := []map[string]any{}
	for _, s := range j.Steps {
		answer, err := run(ctx, connection, s)
		if err != nil {
			code := ""
			var known *sf.SnowflakeError
			if errors.As(err, &known) {
				code = strconv.Itoa(known.Number)
			}
			answer = map[string]any{"error": map[string]any{"code": code, "message": err.Error()}}
		}
		answers = append(answers, answer)
	}
	if err := connection.Close(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"driver": "go", "version": sf.SnowflakeGoDriverVersion, "answers": answers})
}

func main() {
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
