//! What is checked, and how a configuration changes it.

use super::*;

#[test]
fn the_built_in_profile_is_the_table_of_the_recordings() {
    let rows: Vec<String> = specs(&[])
        .unwrap()
        .iter()
        .map(|s| {
            format!(
                "{} {:?} {} {} {:?}",
                s.name,
                s.method,
                s.url,
                s.expect.status,
                s.service.as_ref().map(ServiceName::as_str)
            )
        })
        .collect();
    expect_test::expect![[r#"
        status-page Get https://spotify.statuspage.io/api/v2/summary.json 200 None
        web-api Get https://api.spotify.com/v1/me 401 Some("web-api")
        accounts Post https://accounts.spotify.com/api/token 400 Some("login")
        accounts-discovery Get https://accounts.spotify.com/.well-known/openid-configuration 200 Some("login")
        client-bootstrap Get https://apresolve.spotify.com/?type=accesspoint&type=dealer&type=spclient 200 Some("apps")
        web-player Get https://open.spotify.com/ 200 Some("web-player")
        playback Get https://api.spotify.com/v1/me/player 401 Some("playback")
        web-api-search Get https://api.spotify.com/v1/search?q=a&type=artist&limit=1 200 Some("web-api")
        control Get https://www.cloudflare.com/cdn-cgi/trace 200 None
        control-2 Get https://captive.apple.com/hotspot-detect.html 200 None"#]]
    .assert_eq(&rows.join("\n"));
}

#[test]
fn known_source_name_overrides_keys_and_new_one_adds() {
    let changes: Vec<SourceConfig> = vec![
        SourceConfig {
            name: "web-api".into(),
            url: Some("http://127.0.0.1:9000/v1/me".into()),
            ..Default::default()
        },
        SourceConfig {
            name: "cdn".into(),
            url: Some("https://i.scdn.co/".into()),
            service: Some("cdn".into()),
            ..Default::default()
        },
        SourceConfig { name: "web-player".into(), enabled: Some(false), ..Default::default() },
    ];
    let specs = specs(&changes).unwrap();
    let api = specs.iter().find(|s| s.name.as_str() == "web-api").unwrap();
    assert_eq!((api.host.as_str(), api.expect.status), ("127.0.0.1:9000", 401));
    let catalog = catalog(&specs, "");
    let names: Vec<&str> = catalog.services.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["web-api", "login", "apps", "playback", "cdn"]);
}

#[test]
fn every_catalog_problem_is_reported_at_once_by_name() {
    let bad = |name: &str, url: &str| SourceConfig {
        name: name.into(),
        url: Some(url.into()),
        service: Some("x".into()),
        ..Default::default()
    };
    let changes = [
        bad("web-api", "ftp://api.spotify.com"),
        bad("Loud", "https://a.example"),
        bad("mine", "https://me:secret@a.example"),
        SourceConfig { name: "bare".into(), ..Default::default() },
    ];
    let problems: Vec<String> = specs(&changes).unwrap_err().iter().map(ToString::to_string).collect();
    expect_test::expect![[r#"
        source "Loud": a name is made of lower-case letters, digits and hyphens
        source "web-api": url: it is neither http nor https
        source "mine": url: it must not contain a user name or password
        source "bare": is not built in, so it needs a url"#]]
    .assert_eq(&problems.join("\n"));
}
