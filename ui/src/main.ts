import "./styles/base.css";
import { mount } from "svelte";
import App from "./app/App.svelte";
import { applyPreferences } from "./app/preferences.svelte";
import { language, setLanguage } from "./lib/i18n.svelte";

applyPreferences();
setLanguage(language());

const target = document.getElementById("app");
if (target) mount(App, { target });
