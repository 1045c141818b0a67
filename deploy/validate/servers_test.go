package validate

import (
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
)

// TestExampleServersMatchTheirClients holds what Redis and S3 are told against
// what the program is told of them.
func TestExampleServersMatchTheirClients(t *testing.T) {
	t.Parallel()
	objs := buildKustomize(t, example)
	redis := podOf(t, objs, "mandelfarm-redis").Spec.Containers[0]
	s3 := podOf(t, objs, "mandelfarm-s3").Spec.Containers[0]
	redisEnv, s3Env := objs.environment(t, redis), objs.environment(t, s3)
	listen, _ := argument(s3.Args, "--port")
	for _, w := range objs.parts(t) {
		env := objs.launch(t, w.pod.Spec).env
		for variable, want := range map[string]string{
			"REDIS_URL":             "redis://mandelfarm-redis:6379/0",
			"REDIS_PASSWORD":        redisEnv["REDISCLI_AUTH"],
			"S3_ENDPOINT":           "http://mandelfarm-s3" + listen,
			"S3_REGION":             s3Env["VGW_REGION"],
			"AWS_ACCESS_KEY_ID":     s3Env["ROOT_ACCESS_KEY_ID"],
			"AWS_SECRET_ACCESS_KEY": s3Env["ROOT_SECRET_ACCESS_KEY"],
		} {
			if env[variable] != want {
				t.Errorf("%s: %s is %s, want %s", w.name, variable, env[variable], want)
			}
		}
	}
	checkRedis(t, redis.Args)
	health, _ := argument(s3.Args, "--health")
	for _, probe := range []*core.Probe{s3.ReadinessProbe, s3.LivenessProbe} {
		number, _ := containerPort(s3, probe.HTTPGet.Port)
		if probe.HTTPGet.Path != health || ":"+number != listen {
			t.Errorf("s3: probe asks :%s%s, want %s%s", number, probe.HTTPGet.Path, listen, health)
		}
	}
	folder := s3.Args[len(s3.Args)-1]
	claims := one[*apps.StatefulSet](t, objs).Spec.VolumeClaimTemplates
	if len(s3.VolumeMounts) != 1 || s3.VolumeMounts[0].MountPath != folder || len(claims) != 1 || claims[0].Name != s3.VolumeMounts[0].Name {
		t.Errorf("s3 keeps files in %s, mounts %v and claims %v", folder, s3.VolumeMounts, claims)
	}
}
