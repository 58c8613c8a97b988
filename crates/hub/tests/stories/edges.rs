//! Bad input, too much input, and the envelope around every answer.

use axum::body::Body;
use axum::http::{Method, Request};
use counterfoil_hub::Config;
use serde_json::json;

use crate::support::{lenient, on_each_engine, on_each_engine_with, plain};

#[tokio::test]
async fn what_is_not_json_is_told_so() {
    on_each_engine(async |world| {
        let post = async |kind: &'static str, body: &'static str| {
            let request = Request::builder()
                .method(Method::POST)
                .uri("/api/v1/auth/login");
            world
                .send(
                    request
                        .header("content-type", kind)
                        .body(Body::from(body))
                        .unwrap(),
                )
                .await
        };
        assert_eq!(
            post("application/json", "{").await.refusal(),
            (400, "VALIDATION_ERROR")
        );
        let shape = post("application/json; charset=utf-8", r#"{"email":1}"#).await;
        assert_eq!(shape.json["error"]["details"][0]["code"], "shape");
        assert_eq!(
            post("text/plain", "{}").await.refusal(),
            (415, "UNSUPPORTED_MEDIA_TYPE")
        );
    })
    .await;
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_also_when_it_is_squeezed() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let till = world.till(&owner).await;
        let body = vec![b' '; 256 * 1024 + 1];
        let signature = till.sign(&body);
        let plain_body = till.push_raw(&world, &body, Some(&signature)).await;
        assert_eq!(plain_body.refusal(), (413, "PAYLOAD_TOO_LARGE"));
        use std::io::Write as _;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(&body).unwrap();
        let squeezed = encoder.finish().unwrap();
        assert!(squeezed.len() < 4096);
        let request = plain(Method::POST, "/api/v1/sync/push", &till.token)
            .header("content-encoding", "gzip")
            .header("x-device-signature", signature);
        let answer = world
            .send(request.body(Body::from(squeezed)).unwrap())
            .await;
        assert_eq!(answer.refusal(), (413, "PAYLOAD_TOO_LARGE"));
    })
    .await;
}

#[tokio::test]
async fn a_squeezed_push_is_read_and_its_signature_is_over_the_plain_bytes() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let till = world.till(&owner).await;
        let body =
            serde_json::to_vec(&json!({ "incarnation": till.incarnation, "ops": [] })).unwrap();
        use std::io::Write as _;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(&body).unwrap();
        let request = plain(Method::POST, "/api/v1/sync/push", &till.token)
            .header("content-encoding", "gzip")
            .header("x-device-signature", till.sign(&body));
        let answer = world
            .send(request.body(Body::from(encoder.finish().unwrap())).unwrap())
            .await;
        assert_eq!(answer.data()["status"], "accepted");
    })
    .await;
}

#[tokio::test]
async fn a_batch_of_more_than_200_operations_is_refused() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let ops: Vec<_> = (0..201)
            .map(|_| {
                till.seal_raw(
                    &world,
                    counterfoil_domain::OpId(world.new_id()),
                    "k",
                    1,
                    "{}".to_owned(),
                )
            })
            .collect();
        assert_eq!(
            till.push_answer(&world, &ops).await.refusal(),
            (413, "PAYLOAD_TOO_LARGE")
        );
        assert_eq!(till.push_answer(&world, &ops[..200]).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn unknown_addresses_and_methods_answer_in_the_envelope() {
    on_each_engine(async |world| {
        let nowhere = world.get("/api/v1/nowhere", "").await;
        assert_eq!(nowhere.refusal(), (404, "NOT_FOUND"));
        assert_eq!(
            nowhere.json["meta"]["request_id"],
            nowhere.header("x-request-id")
        );
        let wrong = world.get("/api/v1/stamps", "").await;
        assert_eq!(wrong.refusal(), (405, "METHOD_NOT_ALLOWED"));
    })
    .await;
}

#[tokio::test]
async fn a_request_keeps_its_id_and_gets_its_language() {
    on_each_engine(async |world| {
        let request = plain(Method::GET, "/api/v1/shop", "")
            .header("x-request-id", "caller-42")
            .header("accept-language", "es-PE");
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.header("x-request-id"), "caller-42");
        assert_eq!(answer.json["error"]["message"], "Inicia sesión primero.");
        assert_eq!(answer.json["error"]["code"], "MISSING_TOKEN");
        let request = plain(Method::GET, "/api/v1/shop", "").header("x-request-id", "a b<script>");
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        assert_ne!(answer.header("x-request-id"), "a b<script>");
    })
    .await;
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let config = Config {
        rate_limit: 3,
        ..lenient()
    };
    on_each_engine_with(config, async |world| {
        let owner = world.owner("o@lima.pe").await;
        for left in [2, 1, 0] {
            let answer = world.get("/api/v1/shop", &owner).await;
            assert_eq!(answer.header("x-ratelimit-remaining"), left.to_string());
        }
        let refused = world.get("/api/v1/shop", &owner).await;
        assert_eq!(refused.refusal(), (429, "RATE_LIMIT"));
        assert_eq!(refused.header("retry-after"), "900");
        assert_eq!(
            world.get("/health/ready", "").await.status,
            200,
            "health is never counted"
        );
        for _ in 0..3 {
            assert_eq!(
                world
                    .get("/api/v1/shop", &world.new_id().to_string())
                    .await
                    .status,
                401
            );
        }
        let guess = world.get("/api/v1/shop", &world.new_id().to_string()).await;
        assert_eq!(
            guess.refusal(),
            (429, "RATE_LIMIT"),
            "new tokens do not buy new windows"
        );
    })
    .await;
}

#[tokio::test]
async fn every_described_endpoint_is_there() {
    on_each_engine(async |world| {
        let described = world.get("/api/v1/openapi.json", "").await;
        assert_eq!(described.json["openapi"], "3.1.0");
        for (path, item) in described.json["paths"].as_object().unwrap() {
            for method in item
                .as_object()
                .unwrap()
                .keys()
                .filter(|m| ["get", "post"].contains(&m.as_str()))
            {
                let path = path.replace("{id}", &world.new_id().to_string());
                let answer = match method.as_str() {
                    "get" => world.get(&path, "").await,
                    _ => world.post(&path, "", &json!({})).await,
                };
                assert!(
                    ![404, 405].contains(&answer.status.as_u16()),
                    "{method} {path}: {}",
                    answer.status
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_shops_own_page_may_ask_from_its_own_origin() {
    on_each_engine(async |world| {
        let request = Request::builder()
            .method(Method::OPTIONS)
            .uri("/api/v1/enrollments")
            .header("origin", "https://cafelima.example")
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization,content-type,idempotency-key",
            );
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(
            answer
                .header("access-control-allow-headers")
                .contains("idempotency-key")
        );
    })
    .await;
}
