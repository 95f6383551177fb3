// Shows the browser's notifications while the user does not see the page, if they switched them on.

export const canNotify = () => "Notification" in window;

// The user can withdraw the permission in the browser's settings at any time.
export const mayNotify = () => canNotify() && Notification.permission === "granted";

// Asks for the permission; returns whether it was granted. Call this only after an action of the
// user: browsers penalise a page that asks by itself.
export const askToNotify = async () =>
  canNotify() && (await Notification.requestPermission()) === "granted";

export class Notifications {
  // `isVisible` resolves to whether this tab or another one of the page is visible.
  constructor({ settings, isVisible, open }) {
    Object.assign(this, { settings, isVisible, open });
  }

  // Shows one notification for each conversation: the newest replaces the one before.
  async show(conversation, title, body) {
    if (!this.settings.values.notifications || !mayNotify()) return;
    if (await this.isVisible()) return;
    const options = { body, tag: `conversation-${conversation}`, dir: "auto" };
    const notification = createNotification(title, options);
    if (!notification) return;
    notification.onclick = () => {
      window.focus();
      notification.close();
      this.open(conversation);
    };
  }
}

// Returns a notification, or null. Chrome on Android has the class, but its constructor throws:
// notifications need a service worker there.
const createNotification = (title, options) => {
  try {
    return new Notification(title, options);
  } catch {
    return null;
  }
};
