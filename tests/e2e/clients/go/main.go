// The official Go client: `go-client '<job>'`. See ../README.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type job struct {
	Era   string `json:"era"`
	URL   string `json:"url"`
	Stdio struct {
		Command []string          `json:"command"`
		Env     map[string]string `json:"env"`
	} `json:"stdio"`
	Steps []step `json:"steps"`
}

type step struct {
	Do        string                     `json:"do"`
	Name      string                     `json:"name"`
	URI       string                     `json:"uri"`
	Arguments map[string]any             `json:"arguments"`
	Ref       *mcp.CompleteReference     `json:"ref"`
	Argument  mcp.CompleteParamsArgument `json:"argument"`
}

func connect(ctx context.Context, work job) (*mcp.ClientSession, error) {
	var transport mcp.Transport
	if work.URL != "" {
		transport = &mcp.StreamableClientTransport{Endpoint: work.URL}
	} else {
		command := exec.Command(work.Stdio.Command[0], work.Stdio.Command[1:]...)
		for name, value := range work.Stdio.Env {
			command.Env = append(command.Env, name+"="+value)
		}
		command.Stderr = os.Stderr
		transport = &mcp.CommandTransport{Command: command}
	}
	revision := "2025-11-25"
	if work.Era == "stateless" {
		revision = "2026-07-28"
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "e2e-go", Version: "1"}, nil)
	return client.Connect(ctx, transport, &mcp.ClientSessionOptions{ProtocolVersion: revision})
}

func run(ctx context.Context, session *mcp.ClientSession, one step) (any, error) {
	switch one.Do {
	case "tools":
		all := []*mcp.Tool{}
		for tool, err := range session.Tools(ctx, nil) {
			if err != nil {
				return nil, err
			}
			all = append(all, tool)
		}
		return map[string]any{"tools": all}, nil
	case "call":
		return session.CallTool(ctx, &mcp.CallToolParams{Name: one.Name, Arguments: one.Arguments})
	case "resources":
		return session.ListResources(ctx, nil)
	case "templates":
		return session.ListResourceTemplates(ctx, nil)
	case "read":
		return session.ReadResource(ctx, &mcp.ReadResourceParams{URI: one.URI})
	case "prompts":
		return session.ListPrompts(ctx, nil)
	case "prompt":
		texts := map[string]string{}
		for name, value := range one.Arguments {
			texts[name] = fmt.Sprint(value)
		}
		return session.GetPrompt(ctx, &mcp.GetPromptParams{Name: one.Name, Arguments: texts})
	case "complete":
		return session.Complete(ctx, &mcp.CompleteParams{Ref: one.Ref, Argument: one.Argument})
	}
	return nil, fmt.Errorf("unknown step %s", one.Do)
}

func main() {
	var work job
	if err := json.Unmarshal([]byte(os.Args[1]), &work); err != nil {
		panic(err)
	}
	ctx := context.Background()
	session, err := connect(ctx, work)
	if err != nil {
		fmt.Fprintln(os.Stderr, "connect:", err)
		os.Exit(1)
	}
	answers := []any{}
	for _, one := range work.Steps {
		answer, err := run(ctx, session, one)
		if err != nil {
			failure := map[string]any{"code": nil, "message": err.Error()}
			var wire *jsonrpc.Error
			if errors.As(err, &wire) {
				failure = map[string]any{"code": wire.Code, "message": wire.Message}
			}
			answer = map[string]any{"error": failure}
		}
		answers = append(answers, answer)
	}
	result := session.InitializeResult()
	name := ""
	if result.ServerInfo != nil {
		name = result.ServerInfo.Name
	}
	if err := session.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "close:", err)
	}
	line, err := json.Marshal(map[string]any{"revision": result.ProtocolVersion, "server": name, "answers": answers})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}
