package chaos

import (
	"encoding/json"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fault is something that happens to a farm.
type fault struct {
	name  string
	on    string        // what it is done to: two faults at a time are done to different things
	lasts time.Duration // about
	// begin makes it happen, and returns what ends it, or nil if there is nothing to end.
	begin func(c *scene) (end func())
}

// What faults are done to.
const (
	everything = "everything"
	aWorker    = "a worker"
	anAPI      = "an API"
	theRedis   = "Redis"
	theS3      = "S3"
	stored     = "what is stored"
)

// scene is what a fault happens to.
type scene struct {
	tb     testing.TB
	farm   *farm
	record *record
	rand   *rand.Rand
}

// one picks a member.
func (c *scene) one(members []*member) *member { return members[c.rand.IntN(len(members))] }

// faults are those that are known of. What is killed stays dead while the fault lasts.
func faults() []fault {
	const kilobyte = 1 << 10
	const moment, while, long = 500 * time.Millisecond, 3 * time.Second, 8 * time.Second
	all := []fault{
		{"worker killed", aWorker, while, func(c *scene) func() { return killed(c, c.one(c.farm.workers())) }},
		{"all workers killed", aWorker, while, func(c *scene) func() { return killed(c, c.farm.workers()...) }},
		{"worker told to stop", aWorker, while, func(c *scene) func() { return stopped(c, c.one(c.farm.workers())) }},
		{"worker suspended", aWorker, long, func(c *scene) func() { return held(c.one(c.farm.workers()).now().PID()) }},
		{"API killed", anAPI, while, func(c *scene) func() { return killed(c, c.one(c.farm.apis())) }},
		{"API told to stop", anAPI, while, func(c *scene) func() { return stopped(c, c.one(c.farm.apis())) }},
		{"API suspended", anAPI, while, func(c *scene) func() { return held(c.one(c.farm.apis()).now().PID()) }},
		{"everything killed", everything, while, func(c *scene) func() {
			end := killed(c, c.farm.members...)
			c.farm.redis.Kill()
			c.farm.store.Kill()
			return func() { c.farm.redis.Restart(c.tb); c.farm.store.Restart(c.tb); end() }
		}},

		{"Redis killed", theRedis, while, func(c *scene) func() {
			c.farm.redis.Kill()
			return func() { c.farm.redis.Restart(c.tb) }
		}},
		{"Redis emptied", theRedis, 0, func(c *scene) func() { c.farm.redis.FlushAll(c.tb); return nil }},
		{"Redis silent", theRedis, long, func(c *scene) func() { return held(c.farm.redis.PID()) }},
		{"Redis full", theRedis, while, func(c *scene) func() {
			return configured(c, "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0")
		}},
		{"Redis read-only", theRedis, while, func(c *scene) func() {
			return configured(c, "CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0")
		}},
		{"Redis forgets its scripts", theRedis, 0, func(c *scene) func() { c.farm.redis.Do(c.tb, "SCRIPT FLUSH"); return nil }},
		{"Redis' connections reset", theRedis, moment, func(c *scene) func() {
			return spoiled(c, linksOf(c.farm.members, toRedis), toxic{"reset_peer", answers, map[string]int{"timeout": 20}})
		}},
		{"Redis slow", theRedis, long, func(c *scene) func() {
			return spoiled(c, linksOf(c.farm.members, toRedis), toxic{"latency", answers, map[string]int{"latency": 200, "jitter": 100}})
		}},
		{"Redis' answers lost", theRedis, while, func(c *scene) func() {
			return spoiled(c, linksOf(c.farm.members, toRedis), toxic{"timeout", answers, map[string]int{"timeout": 1000}})
		}},
		{"worker cut off from Redis", aWorker, long, func(c *scene) func() { return led(c, "", c.one(c.farm.workers()).redis) }},
		{"API cut off from Redis", anAPI, while, func(c *scene) func() { return led(c, "", c.one(c.farm.apis()).redis) }},

		{"S3 killed", theS3, while, func(c *scene) func() {
			c.farm.store.Kill()
			return func() { c.farm.store.Restart(c.tb) }
		}},
		{"S3 answers 503", theS3, while, func(c *scene) func() { return answering(c, http.StatusServiceUnavailable) }},
		{"S3 answers 500", theS3, while, func(c *scene) func() { return answering(c, http.StatusInternalServerError) }},
		{"S3's disk full", theS3, while, func(c *scene) func() { return filled(c, -1) }},
		{"S3's disk almost full", theS3, long, func(c *scene) func() { return filled(c, kilobyte) }},
		{"S3 silent", theS3, long, func(c *scene) func() {
			return spoiled(c, linksOf(c.farm.members, toStore), toxic{"timeout", answers, map[string]int{"timeout": 0}})
		}},
		{"S3's answers lost", theS3, while, func(c *scene) func() {
			return spoiled(c, linksOf(c.farm.members, toStore), toxic{"timeout", answers, map[string]int{"timeout": 300}})
		}},
		{"S3's answers cut short", theS3, while, func(c *scene) func() {
			return spoiled(c, linksOf(c.farm.members, toStore), toxic{"limit_data", answers, map[string]int{"bytes": 3000}})
		}},
		{"S3's connections reset", theS3, moment, func(c *scene) func() {
			return spoiled(c, linksOf(c.farm.members, toStore), toxic{"reset_peer", answers, map[string]int{"timeout": 20}})
		}},
		{"S3 slow", theS3, long, func(c *scene) func() {
			return spoiled(c, linksOf(c.farm.members, toStore), toxic{"latency", answers, map[string]int{"latency": 300, "jitter": 200}})
		}},
		{"uploads slow", theS3, while, func(c *scene) func() {
			return spoiled(c, linksOf(c.farm.members, toStore), toxic{"bandwidth", requests, map[string]int{"rate": 20}})
		}},
		{"bits turn on the way from S3", theS3, long, func(c *scene) func() {
			return flipped(c, answers)
		}},
		{"bits turn on the way to S3", theS3, long, func(c *scene) func() {
			return flipped(c, requests)
		}},
		{"worker cut off from S3", aWorker, long, func(c *scene) func() { return led(c, "", c.one(c.farm.workers()).store) }},
		{"API cut off from S3", anAPI, while, func(c *scene) func() { return led(c, "", c.one(c.farm.apis()).store) }},
		{"worker cut off from both", aWorker, long, func(c *scene) func() {
			w := c.one(c.farm.workers())
			return led(c, "", w.redis, w.store)
		}},
		{"Redis and S3 away", everything, while, func(c *scene) func() {
			return led(c, "", append(linksOf(c.farm.members, toRedis), linksOf(c.farm.members, toStore)...)...)
		}},
	}
	all = append(all, clockFaults(long)...)
	for _, kind := range []string{"/renders/", "/bands/", "/preview.png", "/job.json", "/result", "/open/", "/recent/"} {
		all = append(all, fault{"damage in " + strings.Trim(kind, "/"), stored, 0, func(c *scene) func() { damage(c, kind); return nil }})
	}
	return all
}

// killed ends processes at once, and begins them again.
func killed(c *scene, members ...*member) func() {
	if len(members) == 1 {
		c.record.died(members[0].now().PID())
	}
	for _, m := range members {
		m.kill()
	}
	return func() {
		for _, m := range members {
			m.start(c.tb)
		}
	}
}

// stopped has a process end in good order, and begins it again.
func stopped(c *scene, m *member) func() {
	m.stop()
	return func() { m.start(c.tb) }
}

// held holds a process, as a machine does that sleeps.
func held(pid int) func() {
	_ = syscall.Kill(pid, syscall.SIGSTOP)
	return func() { _ = syscall.Kill(pid, syscall.SIGCONT) }
}

func configured(c *scene, begin, end string) func() {
	c.farm.redis.Do(c.tb, begin)
	return func() { c.farm.redis.Do(c.tb, end) }
}

func spoiled(c *scene, ways []*link, t toxic) func() {
	for _, w := range ways {
		w.spoil(c.tb, t)
	}
	return func() { healed(c, ways) }
}

// flipped turns bits on all ways to S3. What is read damaged is drawn again, as if it were stored so.
func flipped(c *scene, stream string) func() {
	c.record.spoils(true)
	end := spoiled(c, linksOf(c.farm.members, toStore), toxic{flipType, stream, map[string]int{"every": 3}})
	return func() {
		end()
		c.record.spoils(false)
	}
}

// led has links lead elsewhere.
func led(c *scene, server string, ways ...*link) func() {
	for _, w := range ways {
		w.lead(c.tb, server)
	}
	return func() { healed(c, ways) }
}

func healed(c *scene, ways []*link) {
	for _, w := range ways {
		w.heal(c.tb)
	}
}

// answering puts a server in place of S3 that answers everything with a status.
func answering(c *scene, status int) func() {
	return served(c, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(status)
	})
}

// damage turns a bit of some stored objects of a kind, cuts others short, and notes whose they are.
func damage(c *scene, kind string) {
	root := c.farm.store.Folder(c.farm.bucket.Bucket)
	var files []string
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && strings.Contains(path, kind) {
			files = append(files, path)
		}
		return nil // what is removed meanwhile needs no damage
	})
	const some = 5
	c.rand.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
	for _, file := range files[:min(some, len(files))] {
		for _, id := range jobsOf(file) {
			c.record.damaged(id)
		}
		spoilFile(c, file)
	}
}

// jobsOf are the jobs that an object is of: those that it names, if it is of a group.
func jobsOf(file string) []string {
	data, err := os.ReadFile(file) //nolint:gosec // below the S3 server's folder
	var group struct{ IDs []string }
	if strings.HasSuffix(file, ".group") && err == nil && json.Unmarshal(data, &group) == nil {
		return group.IDs
	}
	return []string{jobOf(file)}
}

// jobOf is the ID in an object's path: the only word that is so long.
func jobOf(file string) string {
	for word := range strings.FieldsFuncSeq(file, func(r rune) bool { return strings.ContainsRune("/.-", r) }) {
		if len(word) == idLength {
			return word
		}
	}
	return ""
}

// idLength is of an ID: a hash in hexadecimal.
const idLength = 40

func spoilFile(c *scene, file string) {
	f, err := os.OpenFile(file, os.O_RDWR, 0) //nolint:gosec // below the S3 server's folder
	if err != nil {
		return // it has gone
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return
	}
	at := c.rand.Int64N(info.Size())
	if c.rand.IntN(3) == 0 {
		require.NoError(c.tb, f.Truncate(at))
		return
	}
	var b [1]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		return // somebody has cut it short
	}
	b[0] ^= 1 << c.rand.IntN(8)
	_, err = f.WriteAt(b[:], at)
	require.NoError(c.tb, err)
}
