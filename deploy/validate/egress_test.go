package validate

import (
	"net/netip"
	"net/url"
	"slices"
	"testing"

	networking "k8s.io/api/networking/v1"
	scheduling "k8s.io/api/scheduling/v1"
)

// guarded are the overlays that say what pods may reach.
func guarded() []string { return []string{production, example, pools, upgrade} }

// TestPodsReachWhatTheyNeed holds the policy of what pods may reach against the addresses that they are given.
func TestPodsReachWhatTheyNeed(t *testing.T) {
	t.Parallel()
	for _, overlay := range guarded() {
		t.Run(overlay, func(t *testing.T) {
			t.Parallel()
			objs := buildKustomize(t, overlay)
			policy := egress(t, objs)
			for _, w := range objs.parts(t) {
				env := objs.launch(t, w.pod.Spec).env
				for _, variable := range []string{"REDIS_URL", "S3_ENDPOINT"} {
					if port := portOf(env[variable]); port != "" && !lets(policy, port, "10.0.0.1") {
						t.Errorf("%s may not reach port %s, where %s is", w.name, port, variable)
					}
				}
				for _, address := range []string{"1.1.1.1", "2606:4700::1111"} {
					if !lets(policy, "443", address) {
						t.Errorf("%s may not reach a receiver of webhooks at %s", w.name, address)
					}
				}
				for _, address := range []string{"169.254.169.254", "fd00:ec2::254"} {
					if lets(policy, "443", address) || lets(policy, "80", address) {
						t.Errorf("%s may ask its machine at %s for credentials", w.name, address)
					}
				}
				if !lets(policy, "53", "10.0.0.10") {
					t.Errorf("%s may not ask for names", w.name)
				}
			}
		})
	}
}

// egress is the policy of what pods of the farm may reach.
func egress(t *testing.T, objs objects) *networking.NetworkPolicy {
	t.Helper()
	policies := all[*networking.NetworkPolicy](objs)
	i := slices.IndexFunc(policies, func(p *networking.NetworkPolicy) bool { return p.Name == "mandelfarm-egress" })
	if i < 0 {
		t.Fatal("nothing says what pods may reach")
	}
	if !slices.Equal(policies[i].Spec.PolicyTypes, []networking.PolicyType{networking.PolicyTypeEgress}) {
		t.Errorf("it is of %v", policies[i].Spec.PolicyTypes)
	}
	return policies[i]
}

// portOf is the port of a server's URL, which a Secret of one's own may hold: then it is not known.
func portOf(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || text == "":
		return ""
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "6379"
}

// lets reports whether a policy allows connections to a port of an address.
func lets(policy *networking.NetworkPolicy, port, address string) bool {
	for _, rule := range policy.Spec.Egress {
		open := slices.ContainsFunc(rule.Ports, func(p networking.NetworkPolicyPort) bool { return p.Port.String() == port })
		there := len(rule.To) == 0 || slices.ContainsFunc(rule.To, func(peer networking.NetworkPolicyPeer) bool {
			return peer.IPBlock != nil && holds(*peer.IPBlock, netip.MustParseAddr(address))
		})
		if open && there {
			return true
		}
	}
	return false
}

func holds(block networking.IPBlock, address netip.Addr) bool {
	excepted := slices.ContainsFunc(block.Except, func(cidr string) bool { return netip.MustParsePrefix(cidr).Contains(address) })
	return netip.MustParsePrefix(block.CIDR).Contains(address) && !excepted
}

// TestWorkersMakeWay: the API's pods come before all others of the farm, and workers push nobody out.
func TestWorkersMakeWay(t *testing.T) {
	t.Parallel()
	for _, overlay := range []string{production, pools, upgrade} {
		objs := buildKustomize(t, overlay)
		classes := map[string]*scheduling.PriorityClass{}
		for _, c := range all[*scheduling.PriorityClass](objs) {
			classes[c.Name] = c
		}
		for _, w := range objs.parts(t) {
			class := classes[w.pod.Spec.PriorityClassName]
			switch worker := w.name != "mandelfarm-api"; {
			case class == nil:
				t.Errorf("%s: %s has no class", overlay, w.name)
			case worker && (class.Value >= 0 || class.PreemptionPolicy == nil || *class.PreemptionPolicy != "Never"):
				t.Errorf("%s: %s is of %s, %d", overlay, w.name, class.Name, class.Value)
			case !worker && class.Value <= 0:
				t.Errorf("%s: %s is of %s, %d", overlay, w.name, class.Name, class.Value)
			}
		}
	}
}
