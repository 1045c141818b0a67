package queue

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// form is how many servers there are, and who says which of them to ask.
type form int

const (
	single   form = iota // one server
	sentinel             // a primary and its replicas, which Sentinels tell apart
	cluster              // primaries with a part of the keys each
)

// address is where Redis is, as its URL says.
type address struct {
	form               form
	tls                bool
	username, password string
	hosts              []string // host:port of the server, of the Sentinels, or of some nodes of the cluster
	master             string   // what the Sentinels call the primary
	db                 int
}

// Forms says how a Redis URL is written.
const Forms = "redis://[user:password@]host:port[/db], redis-sentinel://[user:password@]host:port,.../master[/db] or redis-cluster://[user:password@]host:port,...; " + tlsForm

// The forms, each with an example.
const (
	singleForm   = "redis://[user:password@]host:port[/db], such as redis://localhost:6379/0"
	sentinelForm = "redis-sentinel://[user:password@]host:port,host:port/master[/db], such as redis-sentinel://a:26379,b:26379,c:26379/mymaster"
	clusterForm  = "redis-cluster://[user:password@]host:port,host:port, such as redis-cluster://a:6379,b:6379,c:6379"
	tlsForm      = "rediss, rediss-sentinel and rediss-cluster ask for TLS"
)

// No error repeats the URL, which may hold a password, nor what a parser says of it.
var (
	errURL      = errors.New("want " + singleForm + "; " + sentinelForm + "; or " + clusterForm + "; " + tlsForm)
	errSeveral  = errors.New("several servers are Sentinels or nodes of a cluster: want " + sentinelForm + "; or " + clusterForm)
	errHost     = errors.New("each server is host or host:port, with a port of 1 to 65535: want " + singleForm)
	errUser     = errors.New("what is before the @ is user:password, with % and two hexadecimal digits for each of %/?#@ in them")
	errDB       = errors.New("what follows the server is the number of a database: want " + singleForm)
	errMaster   = errors.New("a slash, and what the Sentinels call the primary, must follow them: want " + sentinelForm)
	errClusters = errors.New("a cluster has one database, and nothing follows its servers: want " + clusterForm)
)

// scheme is what a URL begins with.
type scheme struct {
	form form
	tls  bool
	port string // that is meant where none is said
}

func schemes() map[string]scheme {
	return map[string]scheme{
		"redis": {single, false, "6379"}, "rediss": {single, true, "6379"},
		"redis-sentinel": {sentinel, false, "26379"}, "rediss-sentinel": {sentinel, true, "26379"},
		"redis-cluster": {cluster, false, "6379"}, "rediss-cluster": {cluster, true, "6379"},
	}
}

// ParseURL checks a Redis URL and returns the address in it, for messages; the
// error never contains the URL, which may hold a password.
func ParseURL(text string) (where string, err error) {
	a, err := parseAddress(text)
	if err != nil {
		return "", err
	}
	return a.String(), nil
}

// String is the address without user and password.
func (a address) String() string {
	hosts := strings.Join(a.hosts, ",")
	if a.form == sentinel {
		return hosts + "/" + a.master
	}
	return hosts
}

// parseAddress reads a URL by hand: net/url knows no list of hosts.
func parseAddress(text string) (address, error) {
	name, rest, _ := strings.Cut(text, "://")
	s, ok := schemes()[name]
	if !ok || strings.ContainsFunc(rest, unprintable) {
		return address{}, errURL
	}
	rest, path := cutAuthority(rest)
	if strings.Contains(path, "@") {
		return address{}, errUser
	}
	a := address{form: s.form, tls: s.tls}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user, password, _ := strings.Cut(rest[:at], ":")
		var userErr, passwordErr error
		a.username, userErr = url.PathUnescape(user)
		a.password, passwordErr = url.PathUnescape(password)
		if userErr != nil || passwordErr != nil {
			return address{}, errUser
		}
		rest = rest[at+1:]
	}
	for host := range strings.SplitSeq(rest, ",") {
		host, ok := hostPort(host, s.port)
		if !ok {
			return address{}, errHost
		}
		a.hosts = append(a.hosts, host)
	}
	return a, a.locate(path)
}

func unprintable(r rune) bool { return r <= ' ' || r == 0x7f }

// cutAuthority cuts a URL where its hosts end.
func cutAuthority(text string) (authority, path string) {
	if end := strings.IndexAny(text, "/?#"); end >= 0 {
		return text[:end], strings.TrimPrefix(text[end:], "/")
	}
	return text, ""
}

// hostPort completes a host without a port.
func hostPort(text, port string) (string, bool) {
	if !strings.Contains(strings.TrimLeft(text, "["), ":") || strings.HasSuffix(text, "]") {
		text += ":" + port
	}
	host, port, err := net.SplitHostPort(text)
	if number, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil || host == "" || number == 0 {
		return "", false
	}
	return net.JoinHostPort(host, port), true
}

// locate reads what follows the hosts.
func (a *address) locate(path string) (err error) {
	switch a.form {
	case single:
		if len(a.hosts) > 1 {
			return errSeveral
		}
		a.db, err = database(path)
	case sentinel:
		name, db, _ := strings.Cut(path, "/")
		if a.master, err = url.PathUnescape(name); err != nil || a.master == "" {
			return errMaster
		}
		a.db, err = database(db)
	case cluster:
		if path != "" {
			return errClusters
		}
	}
	return err
}

func database(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	db, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, errDB
	}
	return int(db), nil
}
