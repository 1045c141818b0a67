//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// startLimit is how long a server may take to answer.
const startLimit = 30 * time.Second

// redisServer is a redis-server of its own on a loopback port.
type redisServer struct {
	cmd  *exec.Cmd
	addr string
}

func startRedis(ctx context.Context) (*redisServer, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := listener.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	if err := listener.Close(); err != nil {
		return nil, err
	}
	//nolint:gosec // the port is a number
	cmd := exec.CommandContext(ctx, "redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--maxclients", "18000")
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r := &redisServer{cmd: cmd, addr: addr}
	for limit := time.Now().Add(startLimit); ; {
		_, err := r.info(ctx)
		if err == nil {
			return r, nil
		}
		if time.Now().After(limit) {
			return nil, fmt.Errorf("redis-server does not answer: %w", err)
		}
	}
}

func (r *redisServer) stop() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait() // was killed
}

// info is what the server says of itself.
func (r *redisServer) info(ctx context.Context) (map[string]float64, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", r.addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "INFO\r\n"); err != nil {
		return nil, err
	}
	answer := bufio.NewReader(conn)
	head, err := answer.ReadString('\n')
	if err != nil {
		return nil, err
	}
	size, err := strconv.Atoi(strings.Trim(head, "$\r\n"))
	if err != nil {
		return nil, fmt.Errorf("INFO: %s", head)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(answer, text); err != nil {
		return nil, err
	}
	return parseInfo(string(text)), nil
}

// parseInfo are the fields that are numbers.
func parseInfo(text string) map[string]float64 {
	fields := make(map[string]float64)
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			fields[name] = n
		}
	}
	return fields
}
