package queue

import (
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// clusterReload is how often a client asks which node of a cluster has which keys. A
// node that redirects is believed at once; one that has died redirects nobody.
const clusterReload = 2 * time.Second

// connector makes the clients of one Redis, for the farm's own commands and asynq's.
type connector struct {
	address
	options redis.UniversalOptions
}

// newConnector makes a connector of a valid URL and who asks there.
func newConnector(a address, x Access) (*connector, error) {
	secure, err := x.tls(a)
	if err != nil {
		return nil, err
	}
	username, password := x.user(a)
	return &connector{a, redis.UniversalOptions{
		Addrs: a.hosts, MasterName: a.master, DB: a.db,
		Username: username, Password: password,
		SentinelUsername: x.SentinelUsername, SentinelPassword: x.SentinelPassword,
		TLSConfig:                secure,
		ContextTimeoutEnabled:    true,
		DialerRetries:            1,    // commands are tried again as a whole
		DisableIdentity:          true, // a pipeline for each connection, which Redis 7.0 refuses
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}}, nil
}

// client is one more, with connections of its own. It tries a command again that met a
// primary which has become a replica, and finds the new one by the Sentinels, by the
// nodes of the cluster or, where there is one address, by dialing that again.
func (c *connector) client(hooks ...redis.Hook) redis.UniversalClient {
	client := c.plain()
	for _, h := range hooks {
		client.AddHook(h)
	}
	return client
}

func (c *connector) plain() redis.UniversalClient {
	switch c.form {
	case sentinel:
		return redis.NewFailoverClient(c.options.Failover())
	case cluster:
		options := c.options.Cluster()
		options.ClusterStateReloadInterval = clusterReload
		options.DisableRoutingPolicies = true // every command of the farm's has one key
		return redis.NewClusterClient(options)
	case single:
	}
	return redis.NewClient(c.options.Simple())
}

// sentinel is a client of one of the Sentinels.
func (c *connector) sentinel(addr string) *redis.SentinelClient {
	options := c.node(addr)
	options.DB, options.Username, options.Password = 0, c.options.SentinelUsername, c.options.SentinelPassword
	return redis.NewSentinelClient(options)
}

// node are the options of a client of one server, whatever it is to the others.
func (c *connector) node(addr string) *redis.Options {
	options := c.options
	options.Addrs = []string{addr}
	return options.Simple()
}
