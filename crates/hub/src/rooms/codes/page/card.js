// The card behind the address's "#" becomes a code for a minute, again and again while somebody looks. Nothing is kept.
"use strict";

const WORDS = {
  en: {
    title: "Stamp card",
    none: "Open the link that the shop gave you.",
    hint: "Hold this up to the till's camera. It changes every minute.",
    alt: "Code for the till",
    waiting: "One moment…",
    offline: "No connection. A new code comes as soon as there is one.",
    count: (stamps, required) => `${stamps} of ${required} stamps`,
    earned: (rewards, reward) =>
      rewards === 1 ? `Yours: ${reward}` : `Yours: ${rewards} × ${reward}`,
  },
  es: {
    title: "Tarjeta de sellos",
    none: "Abra el enlace que le dio la tienda.",
    hint: "Muestre esto a la cámara de la caja. Cambia cada minuto.",
    alt: "Código para la caja",
    waiting: "Un momento…",
    offline: "Sin conexión. Habrá un código nuevo en cuanto vuelva.",
    count: (stamps, required) => `${stamps} de ${required} sellos`,
    earned: (rewards, reward) =>
      rewards === 1 ? `Suyo: ${reward}` : `Suyos: ${rewards} × ${reward}`,
  },
};
const language = navigator.language.startsWith("es") ? "es" : "en";
const words = WORDS[language];

/** A new code comes so long before the old one ends. */
const EARLY_MS = 10_000;
/** How soon a code is asked for again where the hub was not reached. */
const AGAIN_MS = 3_000;

const at = (id) => document.getElementById(id);
let asked = 0;
let timer;

/** What stands behind the "#"; nothing where it is not written as an address is. */
function card() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

function tell(trouble) {
  at("trouble").textContent = trouble;
  at("trouble").hidden = trouble === "";
}

/** The code's place, without a code that no till takes any more. */
function blank(why) {
  at("code").hidden = true;
  at("waiting").hidden = false;
  at("waiting").textContent = why;
}

function show(made) {
  at("shop").textContent = made.shop;
  document.title = made.shop;
  at("code").src = `data:image/svg+xml;utf8,${encodeURIComponent(made.qr_svg)}`;
  at("code").alt = words.alt;
  at("code").hidden = false;
  at("waiting").hidden = true;
  at("hint").textContent = words.hint;
  at("count").textContent = words.count(made.stamps_count, made.stamps_required);
  at("stamps").replaceChildren(
    ...Array.from({ length: made.stamps_required }, (_, index) => {
      const circle = document.createElement("span");
      if (index < made.stamps_count) circle.className = "stamped";
      return circle;
    }),
  );
  at("reward").textContent =
    made.rewards > 0 ? words.earned(made.rewards, made.reward) : made.reward;
  at("reward").className = made.rewards > 0 ? "earned" : "";
  at("card").hidden = false;
}

/** By the hub's clock alone: the phone's may be wrong. */
function count(life, later) {
  const bar = at("life").firstElementChild;
  bar.getAnimations().forEach((running) => running.cancel());
  bar.animate([{ transform: "scaleX(1)" }, { transform: "scaleX(0)" }], {
    duration: life,
    fill: "forwards",
  });
  timer = setTimeout(later, life - EARLY_MS);
}

async function renew() {
  clearTimeout(timer);
  const turn = (asked += 1);
  const text = card();
  if (!text) {
    at("card").hidden = true;
    tell(words.none);
    return;
  }
  let answer;
  try {
    answer = await fetch("api/v1/codes", {
      method: "POST",
      headers: { "content-type": "application/json", "accept-language": language },
      body: JSON.stringify({ card: text }),
    });
  } catch {
    answer = null;
  }
  // Somebody opened another card meanwhile, or asked again.
  if (turn !== asked) return;
  if (answer === null || answer.status === 429 || answer.status >= 500) {
    tell(words.offline);
    const wait = Number(answer?.headers.get("retry-after") ?? 0) * 1000;
    timer = setTimeout(renew, Math.max(wait, AGAIN_MS));
    return;
  }
  const body = await answer.json();
  if (turn !== asked) return;
  if (body.error) {
    at("card").hidden = true;
    tell(body.error.details[0]?.message ?? body.error.message);
    return;
  }
  tell("");
  show(body.data);
  const life = Date.parse(body.data.expires_at) - Date.parse(body.data.made_at);
  ends = performance.now() + life;
  count(life, renew);
}

/** When the code that is shown ends, by a clock that nobody sets. */
let ends = 0;
setInterval(() => {
  if (!at("code").hidden && performance.now() >= ends) blank(words.waiting);
}, 500);

document.documentElement.lang = language;
document.title = words.title;
blank(words.waiting);
addEventListener("hashchange", renew);
addEventListener("online", renew);
// A phone that was in a pocket: what it shows may be long over.
document.addEventListener(
  "visibilitychange",
  () => document.visibilityState === "visible" && renew(),
);
void renew();
