// The browser's own notifications: for who is elsewhere, if they asked for them.

export const canNotify = () => "Notification" in window;

// A permission can be taken back in the browser's settings, behind our back.
export const mayNotify = () => canNotify() && Notification.permission === "granted";

// Only on somebody's action: browsers hold it against a page that asks by itself.
export const askToNotify = async () =>
  canNotify() && (await Notification.requestPermission()) === "granted";

export class Notifications {
  // `isLookedAt`: whether somebody looks at the page, or at another tab of it.
  constructor({ settings, isLookedAt, open }) {
    Object.assign(this, { settings, isLookedAt, open });
  }

  // One for each conversation: the newest replaces what it has to say.
  async show(conversation, title, body) {
    if (!this.settings.values.notifications || !mayNotify()) return;
    if (await this.isLookedAt()) return;
    const notification = shown(title, { body, tag: `conversation-${conversation}`, dir: "auto" });
    if (!notification) return;
    notification.onclick = () => {
      window.focus();
      notification.close();
      this.open(conversation);
    };
  }
}

// Chrome on Android has the class and refuses to make one without a service worker.
const shown = (title, options) => {
  try {
    return new Notification(title, options);
  } catch {
    return null;
  }
};
