// Runs the book's explorables on plain pages: no kernel, no require.js, no html-manager.
//
// The page embeds the state of its widgets as JSON. For each view in the page this script takes the
// widget's own ES module out of that state and calls it as anywidget's front-end module interface
// (AFM) says: initialize({ model }), then render({ model, el }).
//
// It is a classic deferred script because browsers refuse type="module" on file:// pages.
(() => {
  "use strict";
  const MIME = "application/vnd.jupyter.widget";
  const scripts = (kind) => document.querySelectorAll(`script[type="${MIME}-${kind}+json"]`);

  const states = {}; // widget id -> its saved state
  for (const script of scripts("state")) Object.assign(states, JSON.parse(script.textContent).state);

  // What a front-end module sees of its widget: traits to get, set and watch. Nothing to save to.
  class Model {
    #traits;
    #callbacks = {};
    constructor({ state, buffers = [] }) {
      this.#traits = { ...state };
      for (const { path, data } of buffers) { // binary traits travel apart from the JSON
        const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
        const parent = path.slice(0, -1).reduce((value, key) => value[key], this.#traits);
        parent[path.at(-1)] = new DataView(bytes.buffer);
      }
    }
    get(name) {
      return this.#traits[name];
    }
    set(name, value) {
      const changes = typeof name === "object" ? name : { [name]: value };
      for (const [trait, next] of Object.entries(changes)) {
        if (this.#traits[trait] === next) continue;
        this.#traits[trait] = next;
        this.#emit(`change:${trait}`, next);
        this.#emit("change", next);
      }
    }
    on(events, callback) {
      for (const event of events.split(" ")) (this.#callbacks[event] ??= []).push(callback);
    }
    off(events, callback) {
      for (const event of events ? events.split(" ") : Object.keys(this.#callbacks)) {
        const kept = (other) => callback && other !== callback;
        this.#callbacks[event] = (this.#callbacks[event] ?? []).filter(kept);
      }
    }
    #emit(event, ...details) {
      for (const callback of [...(this.#callbacks[event] ?? [])]) callback(...details);
    }
    save_changes() {}
    send() {}
  }

  // One model and one initialised module a widget, however many views the page has of it.
  const once = (make) => {
    const made = new Map();
    return (id) => made.get(id) ?? made.set(id, make(id)).get(id);
  };
  const modelOf = once((id) => new Model(states[id]));
  const moduleOf = once(async (id) => {
    const model = modelOf(id);
    const url = URL.createObjectURL(new Blob([model.get("_esm")], { type: "text/javascript" }));
    let widget = (await import(url)).default;
    URL.revokeObjectURL(url);
    if (typeof widget === "function") widget = await widget();
    await widget.initialize?.({ model });
    return widget;
  });
  const addStyle = once((css) => {
    const style = document.createElement("style");
    style.textContent = css;
    document.head.append(style);
    return style;
  });

  async function show(id, el) {
    const { model_module: module, model_name: name } = states[id];
    if (module !== "anywidget") {
      el.className = "needs-kernel";
      el.textContent = `This control (${name.replace(/Model$/, "")}) needs the running notebook.`;
      return;
    }
    const model = modelOf(id);
    if (model.get("_css")) addStyle(model.get("_css"));
    const widget = await moduleOf(id);
    await widget.render({ model, el });
  }

  const started = [...scripts("view")].map(async (script) => {
    const id = JSON.parse(script.textContent).model_id;
    if (!states[id]) return; // a view without state: its cell was not run
    const el = document.createElement("div");
    script.after(el);
    try {
      await show(id, el);
    } catch (error) {
      el.textContent = `This explorable could not start: ${error}`;
      console.error(error);
    }
  });

  // Explorables push down what follows them: lead a reader who followed a link to its place again.
  const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const followed = performance.getEntriesByType("navigation")[0]?.type === "navigate";
  if (place && followed) Promise.all(started).then(() => place.scrollIntoView({ behavior: "instant" }));
})();
