// Where one is signed in, and signing out there.

import { devices, endDevice, endOtherDevices } from "../account.js";
import { $, h } from "../dom.js";
import {
  deviceText,
  deviceTimes,
  endLabel,
  endText,
  endedText,
  errorText,
  othersEndedText,
} from "../words.js";

const HANDHELD = new Set(["iPhone", "iPad", "Android"]);

export class DevicesView {
  constructor({ notify }) {
    this.notify = notify;
    $("devices-end").onclick = () => this.#end(endOtherDevices(), othersEndedText);
  }

  async show() {
    $("devices-error").textContent = "";
    try {
      const found = await devices();
      $("devices").replaceChildren(...found.map((device) => this.#row(device)));
      $("devices-end").hidden = found.length < 2;
    } catch (error) {
      $("devices-error").textContent = errorText(error);
    }
  }

  #row(device) {
    const icon = HANDHELD.has(device.system) ? "fa-mobile-screen" : "fa-desktop";
    return h(
      "li",
      { className: "settings-row", dataset: { current: String(device.current) } },
      h("i", { className: `fa-solid ${icon}`, ariaHidden: "true" }),
      h(
        "span",
        { className: "settings-what" },
        h("span", {}, deviceText(device)),
        h("small", {}, deviceTimes(device)),
      ),
      device.current
        ? null
        : h(
            "button",
            {
              className: "btn btn-outline-danger",
              type: "button",
              ariaLabel: endLabel(device),
              onclick: () => this.#end(endDevice(device.id), endedText(device)),
            },
            endText,
          ),
    );
  }

  async #end(request, done) {
    try {
      await request;
      this.notify("success", done);
    } catch (error) {
      this.notify("error", errorText(error));
    }
    await this.show();
    $("tab-devices").focus();
  }
}
