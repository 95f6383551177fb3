// Shows the devices on which the user is signed in, with buttons to sign out there.

import { $, h, icon } from "../../browser/dom.js";
import {
  deviceText,
  deviceTimes,
  endLabel,
  endText,
  endedText,
  errorText,
  othersEndedText,
} from "../../i18n/words.js";
import { devices, endDevice, endOtherDevices } from "../../transport/account-api.js";

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
    return h(
      "li",
      { className: "settings-row", dataset: { current: String(device.current) } },
      icon(HANDHELD.has(device.system) ? "fa-mobile-screen" : "fa-desktop"),
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
